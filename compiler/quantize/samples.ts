// Samples of a layer's inputs: for chosen output pixels, the real value that every weight column reads.

import { random } from '../../base/random.ts'
import type { Extents, TapGeometry } from '../graph/evaluate-integer-taps.ts'
import type { FloatRows } from './plan.ts'

/** One output pixel of one calibration image. */
export interface SamplePosition {
  readonly image: number
  readonly y: number
  readonly x: number
}

/** Output pixels spread evenly over all images, at most `count`; each drawn within its share. */
export function samplePlaces(images: number, output: Extents, count: number, seed: number): readonly SamplePosition[] {
  const uniform = random(seed)
  const pixels = output.height * output.width
  const all = images * pixels
  const taken = Math.min(count, all)
  return Array.from({ length: taken }, (_, i) => {
    const at = taken === all ? i : Math.floor(((i + uniform()) * all) / taken)
    const pixel = at % pixels
    return { image: Math.floor(at / pixels), y: Math.floor(pixel / output.width), x: pixel % output.width }
  })
}

/**
 * What the columns of a source read at a place, into `into` from `at` on; padding reads 0.
 *
 * @param values real values [channels, height, width] of the source's map
 */
export function gatherColumns(
  { kernel, stride, pads, dilation }: TapGeometry,
  map: Extents,
  values: ArrayLike<number>,
  { y, x }: SamplePosition,
  into: Float64Array,
  at: number,
): void {
  let to = at
  for (let channel = 0; channel < map.channels; channel++)
    for (let ky = 0; ky < kernel[0]; ky++) {
      const row = y * stride[0] + ky * dilation[0] - pads[0]
      const from = (channel * map.height + row) * map.width
      for (let kx = 0; kx < kernel[1]; kx++) {
        const column = x * stride[1] + kx * dilation[1] - pads[1]
        const isInside = row >= 0 && row < map.height && column >= 0 && column < map.width
        into[to++] = isInside ? values[from + column]! : 0
      }
    }
}

/** What the columns of a global average read: the mean of each channel. */
export function gatherMeans(
  _: TapGeometry,
  map: Extents,
  values: ArrayLike<number>,
  __: SamplePosition,
  into: Float64Array,
  at: number,
): void {
  const pixels = map.height * map.width
  for (let channel = 0; channel < map.channels; channel++) {
    let sum = 0
    for (let i = channel * pixels; i < (channel + 1) * pixels; i++) sum += values[i]!
    into[at + channel] = sum / pixels
  }
}

/** Adds every row's product with a sample to `sums`. */
export function addProducts(weights: FloatRows, sample: Float64Array, at: number, sums: Float64Array): void {
  const { rows, rowStart, column, value } = weights
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) sum += value[i]! * sample[at + column[i]!]!
    sums[row]! += sum
  }
}
