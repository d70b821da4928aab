// Resizes pictures as PIL's `Image.resize` with its bilinear filter, to the bit, since networks are trained and calibrated on such pictures.

/** Rows of interleaved pixels. */
export interface PixelRows {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** [height × width × channels] */
  readonly data: Uint8Array
}

/** A part of the resized picture. */
export interface CropBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Weights are integer multiples of 2^−22, as in PIL. */
const unit = 2 ** 22

/**
 * A part of the resized picture: a triangle filter as wide as a pixel of the smaller picture, first along rows, then along columns, each rounded to bytes.
 *
 * @param size of the whole resized picture
 */
export function resample(
  picture: PixelRows,
  size: { readonly width: number; readonly height: number },
  part: CropBox,
): PixelRows {
  const rows = tapsOf(picture.height, size.height, part.top, part.height)
  const first = Math.min(...rows.map(({ start }) => start))
  const last = Math.max(...rows.map(({ start, weights }) => start + weights.length))
  const wide = acrossRows(picture, first, last, tapsOf(picture.width, size.width, part.left, part.width))
  return downColumns(wide, rows, first)
}

/** Source pixels and weights of one result pixel along an axis. */
interface Taps {
  readonly start: number
  readonly weights: Int32Array
}

function tapsOf(from: number, to: number, first: number, count: number): Taps[] {
  const scale = from / to
  const radius = Math.max(scale, 1)
  return Array.from({ length: count }, (_, at) => {
    const centre = (first + at + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - radius + 0.5))
    const end = Math.min(from, Math.trunc(centre + radius + 0.5))
    const heights = Array.from({ length: end - start }, (_each, tap) =>
      Math.max(0, 1 - Math.abs((start + tap - centre + 0.5) * (1 / radius))),
    )
    const sum = heights.reduce((total, height) => total + height, 0)
    return { start, weights: Int32Array.from(heights, (height) => Math.trunc(0.5 + (height / sum) * unit)) }
  })
}

/** Resizes the rows from `first` to `last`, exclusive, to the width of the taps. */
function acrossRows(
  { width, channels, data }: PixelRows,
  first: number,
  last: number,
  columns: readonly Taps[],
): PixelRows {
  const result = new Uint8Array((last - first) * columns.length * channels)
  let to = 0
  for (let row = first; row < last; row++)
    for (const { start, weights } of columns)
      for (let channel = 0; channel < channels; channel++) {
        let sum = unit / 2
        let at = (row * width + start) * channels + channel
        for (let tap = 0; tap < weights.length; tap++, at += channels) sum += data[at]! * weights[tap]!
        result[to++] = byteOf(sum)
      }
  return { width: columns.length, height: last - first, channels, data: result }
}

/** @param first row of the source that is row 0 of `data` */
function downColumns({ width, channels, data }: PixelRows, rows: readonly Taps[], first: number): PixelRows {
  const pitch = width * channels
  const result = new Uint8Array(rows.length * pitch)
  rows.forEach(({ start, weights }, row) => {
    for (let column = 0; column < pitch; column++) {
      let sum = unit / 2
      let at = (start - first) * pitch + column
      for (let tap = 0; tap < weights.length; tap++, at += pitch) sum += data[at]! * weights[tap]!
      result[row * pitch + column] = byteOf(sum)
    }
  })
  return { width, height: rows.length, channels, data: result }
}

const byteOf = (sum: number): number => Math.min(255, Math.floor(sum / unit))
