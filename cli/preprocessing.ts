// What is done to a picture before a model takes it: from flags, else from the model's own metadata.

import { DlpError } from '../isa/error.ts'
import type { Preprocessing } from '../isa/program.ts'
import { numbersOf } from './arguments.ts'
import { UsageError } from './io/errors.ts'

export interface PreprocessingFlags {
  readonly mean?: string
  readonly std?: string
}

/** The two options, for every command that takes them. */
export const preprocessingOptions = {
  mean: {
    type: 'string',
    describe: 'M,M,M: pictures are (pixel ÷ 255 − mean) ÷ std; the model’s metadata if not given',
  },
  std: { type: 'string', describe: 'S,S,S: see --mean' },
} as const

/**
 * Flags before the metadata lines `mean` and `std` of a model; undefined where there are neither.
 *
 * @throws UsageError for a flag that is no list of numbers, DlpError for metadata that is none
 */
export function preprocessingOf(
  { mean, std }: PreprocessingFlags,
  metadata: ReadonlyMap<string, string> = new Map(),
): Preprocessing | undefined {
  if (mean !== undefined || std !== undefined) {
    const deviations = std === undefined ? [1] : numbersOf('--std', std)
    if (deviations.some((value) => value <= 0)) throw new UsageError(`--std: ${std} is not above 0`)
    return { mean: mean === undefined ? [0] : numbersOf('--mean', mean), std: deviations }
  }
  if (!metadata.has('mean') && !metadata.has('std')) return undefined
  const listed = (name: string, usual: string): number[] => {
    const text = metadata.get(name) ?? usual
    const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
    if (!numbers.every(Number.isFinite) || (name === 'std' && numbers.some((value) => value <= 0)))
      throw new DlpError({
        where: `metadata '${name}' of the model`,
        what: `'${text}'`,
        allowed: 'numbers separated by commas, for std above 0',
        help: 'give --mean and --std',
      })
    return numbers
  }
  return { mean: listed('mean', '0'), std: listed('std', '1') }
}
