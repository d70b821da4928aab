// Weights are finite: a scale that is no number would make a program that computes nothing, and says nothing.

import { DlpError } from '../../isa/error.ts'
import type { FloatGraph } from '../graph/graph.ts'

const greatest = 2 ** 127

/**
 * Refuses weights, biases and other lists that are infinite, nearly so, or no numbers. Single numbers may be: a Clip without a bound has infinity.
 *
 * @throws DlpError that names the first
 */
export function checkFinite({ constants }: FloatGraph): void {
  for (const [name, { data, size }] of constants) {
    const at = size < 2 ? -1 : data.findIndex((value) => !(Math.abs(value) <= greatest))
    if (at < 0) continue
    throw new DlpError({
      where: `constant '${name}'`,
      what: `element ${at} of ${size} is ${data[at]}`,
      allowed: 'finite numbers of at most 1.7 · 10^38, so that rounding keeps them finite',
      help: 'the training diverged, a variance is negative, or the file is damaged: check the weights and export again',
    })
  }
}
