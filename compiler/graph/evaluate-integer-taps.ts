// Sparse rows times dense maps: planes in which the values of a tap are contiguous, and the loop that accumulates taps.

type Pair = readonly [number, number]

/** The window of a source. */
export interface TapGeometry {
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly dilation: Pair
}

/** Extents of a map. */
export interface Extents {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** The pitch of output rows, which is common to all sources. Values to the right of the output's width are computed and discarded. */
export function pitchOf(sources: readonly TapGeometry[], output: Extents): number {
  const pitches = sources.map(({ kernel, stride, dilation }) => Math.floor(((kernel[1] - 1) * dilation[1]) / stride[1]))
  return output.width + Math.max(0, ...pitches)
}

/** The number of rows of a plane. */
export function planeRows({ kernel, stride, dilation }: TapGeometry, output: Extents): number {
  return output.height + Math.floor(((kernel[0] - 1) * dilation[0]) / stride[0])
}

/**
 * A map as planes in which the values of each tap are contiguous, one for each channel and remainder of (y, x) by the stride:
 * [channel, y mod stride, x mod stride][rows × pitch], and one more element; padding holds `fill`.
 */
export function spreadPlanes(
  { stride: [strideY, strideX], pads: [top, left] }: TapGeometry,
  map: Extents,
  values: Int16Array | Float64Array,
  fill: number,
  rows: number,
  pitch: number,
): Float64Array {
  const planes = new Float64Array(map.channels * strideY * strideX * rows * pitch + 1)
  if (fill !== 0) planes.fill(fill)
  let at = 0
  for (let channel = 0; channel < map.channels; channel++)
    for (let remainderY = 0; remainderY < strideY; remainderY++)
      for (let remainderX = 0; remainderX < strideX; remainderX++)
        for (let y = 0; y < rows; y++, at += pitch) {
          const row = y * strideY + remainderY - top
          if (row < 0 || row >= map.height) continue
          const from = (channel * map.height + row) * map.width
          const first = Math.max(0, Math.ceil((left - remainderX) / strideX))
          const last = Math.min(pitch, Math.ceil((map.width + left - remainderX) / strideX))
          if (strideX === 1 && last > first) {
            planes.set(values.subarray(from + first + remainderX - left, from + last + remainderX - left), at + first)
            continue
          }
          for (let x = first; x < last; x++) planes[at + x] = values[from + x * strideX + remainderX - left]!
        }
  return planes
}

/** [non-zeros] offset into the planes of the value that output (0, 0) reads. */
export function tapOffsets(
  { kernel, stride, dilation }: TapGeometry,
  columns: Int32Array,
  rows: number,
  pitch: number,
): Int32Array {
  const result = new Int32Array(columns.length)
  for (const [index, column] of columns.entries()) {
    const kx = column % kernel[1]
    const ky = Math.floor(column / kernel[1]) % kernel[0]
    const channel = Math.floor(column / (kernel[1] * kernel[0]))
    const y = ky * dilation[0]
    const x = kx * dilation[1]
    const plane = (channel * stride[0] + (y % stride[0])) * stride[1] + (x % stride[1])
    result[index] = (plane * rows + Math.floor(y / stride[0])) * pitch + Math.floor(x / stride[1])
  }
  return result
}

/** Sums that are computed together, so that they stay in the processor's cache for all taps of a row. */
const block = 1024

/** Accumulates the non-zeros from..to of a row, eight taps at a time; exact for integers, since no sum reaches 2^53. */
export function addTaps(
  sums: Float64Array,
  count: number,
  planes: Float64Array,
  offset: Int32Array,
  value: Int32Array | Float32Array,
  from: number,
  to: number,
): void {
  for (let start = 0; start < count; start += block) {
    const end = Math.min(count, start + block)
    let i = from
    for (; i + 8 <= to; i += 8) addEight(sums, start, end, planes, offset, value, i)
    for (; i < to; i++) {
      const o = offset[i]!
      const v = value[i]!
      for (let p = start; p < end; p++) sums[p]! += v * planes[o + p]!
    }
  }
}

function addEight(
  sums: Float64Array,
  start: number,
  end: number,
  planes: Float64Array,
  offset: Int32Array,
  value: Int32Array | Float32Array,
  i: number,
): void {
  const [a, b, c, d] = [offset[i]!, offset[i + 1]!, offset[i + 2]!, offset[i + 3]!]
  const [e, f, g, h] = [offset[i + 4]!, offset[i + 5]!, offset[i + 6]!, offset[i + 7]!]
  const [va, vb, vc, vd] = [value[i]!, value[i + 1]!, value[i + 2]!, value[i + 3]!]
  const [ve, vf, vg, vh] = [value[i + 4]!, value[i + 5]!, value[i + 6]!, value[i + 7]!]
  for (let p = start; p < end; p++)
    sums[p]! +=
      va * planes[a + p]! +
      vb * planes[b + p]! +
      vc * planes[c + p]! +
      vd * planes[d + p]! +
      ve * planes[e + p]! +
      vf * planes[f + p]! +
      vg * planes[g + p]! +
      vh * planes[h + p]!
}
