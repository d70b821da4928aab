// Weights and calibration inputs are finite: a scale that is no number would make a program that computes nothing, and says nothing.

import { DlpError } from '../../base/error.ts'
import type { FloatGraph } from '../graph/graph.ts'
import type { Tensor, TensorData } from '../graph/tensor.ts'

const greatest = 2 ** 127

/**
 * Refuses weights, biases and other lists that are infinite, nearly so, or no numbers. Single numbers may be: a Clip without a bound has infinity.
 *
 * @throws DlpError that names the first
 */
export function checkFinite({ constants }: FloatGraph): void {
  for (const [name, { data, size }] of constants) {
    const at = size < 2 ? size : finiteOf(data)
    if (at === size) continue
    throw new DlpError({
      where: `constant '${name}'`,
      what: `element ${at} of ${size} is ${data[at]}`,
      allowed: 'finite numbers of at most 1.7 · 10^38, so that rounding keeps them finite',
      help: 'the training diverged, a variance is negative, or the file is damaged: check the weights and export again',
    })
  }
}

/** How many elements are finite and not nearly infinite before the first that is: a plain loop, since networks have many. */
function finiteOf(data: TensorData): number {
  let at = 0
  while (at < data.length && Math.abs(data[at]!) <= greatest) at++
  return at
}

/**
 * Refuses calibration inputs that are infinite or no numbers: ranges would be neither.
 *
 * @throws DlpError that names the first
 */
export function checkCalibration(inputs: readonly Tensor[]): void {
  for (const [number, { data }] of inputs.entries()) {
    const at = data.findIndex((value) => !Number.isFinite(value))
    if (at >= 0)
      throw new DlpError({
        where: `calibration input ${number}`,
        what: `element ${at} is ${data[at]}`,
        allowed: 'finite numbers',
      })
  }
}
