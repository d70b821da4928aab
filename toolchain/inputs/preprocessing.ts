// Preprocessing of pictures: from flags, else from the model's metadata or the program.

import { defined, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { mostPictureSide } from '../../isa/preprocessing.ts'
import type { Preprocessing } from '../../isa/program.ts'
import type { OnWarning } from '../warning.ts'
import type { OnNote } from './input-file.ts'

/**
 * Merges the given preprocessing with the model's own, which is in the metadata `mean`, `std`, `resize`, `crop` and `channel_order`, or in a program. What is
 * given takes precedence. Undefined where neither states anything. A given mean and std replace both; metadata that is replaced is not checked.
 *
 * @throws DlpError for metadata that cannot be understood
 */
export function preprocessingOf(
  given: Preprocessing,
  stated: ReadonlyMap<string, string> | Preprocessing = {},
): Preprocessing | undefined {
  const own = stated instanceof Map ? fromMetadata(withoutReplaced(stated, given)) : (stated as Preprocessing)
  const result = { ...own, ...given }
  return Object.keys(result).length === 0 ? undefined : result
}

/** The metadata of a preprocessing. */
export function preprocessingMetadata(preprocessing: Preprocessing | undefined): [string, string][] {
  const { channelOrder, ...lists } = preprocessing ?? {}
  const lines = Object.entries(lists).map(([name, list]): [string, string] => [name, list.join(',')])
  return channelOrder === undefined ? lines : [...lines, ['channel_order', channelOrder]]
}

/** Warns where pictures are not normalised since the model's mean and std are not given. */
export function warnUnknown(preprocessing: Preprocessing | undefined, where: string, onWarning: OnWarning): void {
  if (preprocessing?.mean !== undefined || preprocessing?.std !== undefined) return
  onWarning(
    `${where}: its mean and std are not known: the model gets pixel ÷ 255; give --mean and --std to dlp compile, quantize or evaluate (0 and 1 if pixel ÷ 255 is right)`,
  )
}

/** Passes on the first note of each kind as a warning. */
export function notesOnce(onWarning: OnWarning): OnNote {
  const reported = new Set<string>()
  return ({ kind, text }) => {
    if (reported.has(kind)) return
    reported.add(kind)
    onWarning(text)
  }
}

function withoutReplaced(metadata: ReadonlyMap<string, string>, given: Preprocessing): ReadonlyMap<string, string> {
  const replaced = new Set(preprocessingMetadata(given).map(([name]) => name))
  return new Map([...metadata].filter(([name]) => !replaced.has(name)))
}

function fromMetadata(metadata: ReadonlyMap<string, string>): Preprocessing {
  const refuse = (name: string, allowed: string): never => {
    const what = `'${defined(metadata.get(name)).slice(0, 60)}'`
    throw new DlpError({
      where: `metadata '${name}' of the model`,
      what,
      allowed,
      help: `give --${name.replace('_', '-')}`,
    })
  }
  const listed = (name: string, fallback?: string): number[] | undefined => {
    const text = metadata.get(name) ?? fallback
    if (text === undefined) return undefined
    const parts = text.replace(/^\s*[[(](.*)[\])]\s*$/s, '$1').split(',')
    return parts.map((part) => (part.trim() === '' ? NaN : Number(part)))
  }
  const isGiven = metadata.has('mean') || metadata.has('std')
  const mean = listed('mean', isGiven ? '0' : undefined)
  const std = listed('std', isGiven ? '1' : undefined)
  const [resize, crop] = [listed('resize'), listed('crop')]
  const order = metadata.get('channel_order')?.trim().toLowerCase()
  if (mean?.every(Number.isFinite) === false) refuse('mean', 'numbers separated by commas')
  if (std?.every((value) => Number.isFinite(value) && value > 0) === false)
    refuse('std', 'numbers separated by commas, for std above 0')
  if (resize !== undefined && !areSides(resize)) refuse('resize', sidesText)
  if (crop !== undefined && !areSides(crop)) refuse('crop', sidesText)
  if (order !== undefined && order !== 'rgb' && order !== 'bgr') refuse('channel_order', 'rgb or bgr')
  return {
    ...(mean === undefined || std === undefined ? {} : { mean, std }),
    ...(resize === undefined ? {} : { resize }),
    ...(crop === undefined ? {} : { crop: square(crop) }),
    ...(order === undefined ? {} : { channelOrder: order as 'rgb' | 'bgr' }),
  }
}

/** The allowed sides of a picture, for messages. */
export const sidesText = `one number of pixels from 1 to ${mostPictureSide}, or two: HEIGHT,WIDTH`

/** Whether numbers are the sides of a picture. */
export const areSides = (sides: readonly number[]): boolean =>
  (sides.length === 1 || sides.length === 2) &&
  sides.every((side) => Number.isInteger(side) && side >= 1 && side <= mostPictureSide)

/** Both sides; a single one is that of a square. */
export function square(sides: readonly number[]): readonly [number, number] {
  const [height, width = height] = elements(sides, 1)
  return [height, width]
}
