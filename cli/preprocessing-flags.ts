// The options for the preprocessing of pictures.

import type { Preprocessing } from '../isa/program.ts'
import { areSides, sidesText, square } from '../toolchain/inputs/preprocessing.ts'
import { numbersOf } from './arguments.ts'
import { UsageError } from './io/errors.ts'

export interface PreprocessingFlags {
  readonly mean?: string
  readonly std?: string
  readonly resize?: string
  readonly crop?: string
  readonly channelOrder?: 'rgb' | 'bgr'
}

/** The options, for every command that takes them. */
export const preprocessingOptions = {
  mean: {
    type: 'string',
    describe:
      'M,M,M: pictures become (pixel ÷ 255 − mean) ÷ std; if not given, as the model’s metadata or the program state',
  },
  std: { type: 'string', describe: 'S,S,S: see --mean' },
  resize: { type: 'string', describe: 'pixels of the shorter side, or HEIGHT,WIDTH, before cropping' },
  crop: {
    type: 'string',
    describe: 'pixels of the centre that are kept, or HEIGHT,WIDTH; the model’s size if not given',
  },
  'channel-order': {
    choices: ['rgb', 'bgr'],
    describe: 'order of the model’s channels; rgb if neither flag nor metadata state it',
  },
} as const

/** The preprocessing that the flags state. If only one of mean and std is given, the other is 0 or 1. @throws UsageError for a flag that cannot be understood */
export function preprocessingFrom({ mean, std, resize, crop, channelOrder }: PreprocessingFlags): Preprocessing {
  const deviations = std === undefined ? [1] : numbersOf('--std', std)
  if (deviations.some((value) => value <= 0)) throw new UsageError(`--std: ${std} is not above 0`)
  const sides = (option: string, text: string): number[] => {
    const found = numbersOf(option, text)
    if (!areSides(found)) throw new UsageError(`${option}: ${text} is not ${sidesText}`)
    return found
  }
  return {
    ...(mean === undefined && std === undefined
      ? {}
      : { mean: mean === undefined ? [0] : numbersOf('--mean', mean), std: deviations }),
    ...(resize === undefined ? {} : { resize: sides('--resize', resize) }),
    ...(crop === undefined ? {} : { crop: square(sides('--crop', crop)) }),
    ...(channelOrder === undefined ? {} : { channelOrder }),
  }
}
