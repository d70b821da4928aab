// The preprocessing of a picture before it becomes an input's codes: its rules and its text.

import { DlpError } from '../base/error.ts'
import type { Preprocessing } from './program.ts'

/** The largest side that a picture is resized to. */
export const mostPictureSide = 16_384

/** Mean and std if none are given: pixels ÷ 255. */
export const plainMean: readonly number[] = [0]
export const plainStd: readonly number[] = [1]

/**
 * The first rule that a preprocessing breaks; undefined if it keeps them all.
 * @param shape [channels, height, width] of the input
 */
export function brokenPreprocessingRule(
  { mean = plainMean, std = plainStd, resize, crop, channelOrder }: Preprocessing,
  shape: readonly number[],
): { readonly what: string; readonly allowed: string } | undefined {
  const [channels = 1, height = 1, width = 1] = shape
  for (const [name, values] of Object.entries({ mean, std }))
    if (values.length !== 1 && values.length !== channels)
      return {
        what: `${name} has ${values.length} values, the input ${channels} channels`,
        allowed: channels === 1 ? 'one value' : `one value, or ${channels}: one a channel`,
      }
  if (![...mean, ...std].every(Number.isFinite) || std.some((value) => value <= 0))
    return { what: `mean ${mean.join()}, std ${std.join()}`, allowed: 'finite numbers, std above 0' }
  if (crop !== undefined && (crop[0] !== height || crop[1] !== width))
    return { what: `a crop of ${crop[1]}×${crop[0]} pixels`, allowed: `the input's ${width}×${height}` }
  const fits =
    resize === undefined ||
    (resize.length === 1 ? resize[0]! >= Math.min(height, width) : resize[0]! >= height && resize[1]! >= width)
  if (!fits)
    return { what: `pictures resized to ${resizeText(resize)}`, allowed: `enough for the input's ${width}×${height}` }
  if (channelOrder === 'bgr' && channels !== 3)
    return { what: `the channel order bgr of an input of ${channels} channels`, allowed: '3 channels' }
  return undefined
}

/** Refuses a preprocessing that does not fit an input. @throws DlpError with what is allowed */
export function checkPreprocessing(
  preprocessing: Preprocessing | undefined,
  shape: readonly number[],
  where: string,
): void {
  const broken = preprocessing === undefined ? undefined : brokenPreprocessingRule(preprocessing, shape)
  if (broken !== undefined)
    throw new DlpError({
      ...broken,
      where,
      help: 'correct the flag or the metadata of the model: mean, std, resize, crop, channel_order',
    })
}

/** What a preprocessing is, one line for each field in a fixed order: what reports print and comparisons compare. */
export function preprocessingFacts(
  preprocessing: Preprocessing | undefined,
): (readonly [name: string, value: string])[] {
  const { mean = plainMean, std = plainStd, resize, crop, channelOrder = 'rgb' } = preprocessing ?? {}
  return [
    ['mean', mean.join(', ')],
    ['std', std.join(', ')],
    ['resize', resize === undefined ? 'to cover the input' : resizeText(resize)],
    ['crop', crop === undefined ? 'the input’s size' : `${crop[1]}×${crop[0]}`],
    ['channel order', channelOrder],
  ]
}

const resizeText = (resize: readonly number[] | undefined): string =>
  resize?.length === 2 ? `${resize[1]}×${resize[0]}` : `a shorter side of ${resize?.[0]}`

/** Whether it states which real values pixels stand for. */
export const scalesPixels = (preprocessing: Preprocessing | undefined): boolean =>
  preprocessing?.mean !== undefined || preprocessing?.std !== undefined
