// Checks that weights and calibration inputs are finite: a scale that is not a number would make a program with wrong values and no error.

import { DlpError } from '../../base/error.ts'
import type { FloatGraph } from '../graph/graph.ts'
import type { Tensor, TensorData } from '../graph/tensor.ts'

const greatest = 2 ** 127

/**
 * Refuses weights, biases and other lists with elements that are infinite, nearly infinite or not numbers. Single numbers are allowed to be: a Clip without a
 * bound has infinity.
 *
 * @throws DlpError with the first such element
 */
export function checkFinite({ constants }: FloatGraph): void {
  for (const [name, { data, size }] of constants) {
    const at = size < 2 ? size : finitePrefix(data)
    if (at === size) continue
    throw new DlpError({
      where: `constant '${name}'`,
      what: `element ${at} of ${size} is ${data[at]}`,
      allowed: 'finite numbers of at most 1.7 · 10^38, so that rounding keeps them finite',
      help: 'the training diverged, a variance is negative, or the file is damaged: check the weights and export again',
    })
  }
}

/** The number of elements before the first that is not finite, or nearly infinite: a plain loop, since networks have many. */
function finitePrefix(data: TensorData): number {
  let at = 0
  while (at < data.length && Math.abs(data[at]!) <= greatest) at++
  return at
}

/**
 * Refuses calibration inputs with elements that are infinite or not numbers: the ranges would be infinite or not numbers too.
 *
 * @throws DlpError with the first such element
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
