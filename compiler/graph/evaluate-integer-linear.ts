// The oracle's inner loop: sparse rows over dense maps, every tap one long run of codes, two exact integer sums in each double.

import { DlpError } from '../../isa/error.ts'
import type { IntegerMap, LinearLayer, LinearSource } from './integer.ts'

/**
 * A source whose map is copied into planes of one pitch, one for each remainder of (y, x) by the stride, so that the codes that
 * a tap reads for consecutive output pixels lie side by side.
 */
interface PreparedSource {
  readonly map: IntegerMap
  readonly source: LinearSource
  /** Rows of a plane. */
  readonly rows: number
  /** [non-zeros] where a tap's first code lies */
  readonly offset: Int32Array
}

/** A layer whose columns have become offsets. */
export interface PreparedLinear {
  readonly layer: LinearLayer
  readonly sources: readonly PreparedSource[]
  /** Codes from one output row to the next; a row's codes beyond the output's width are computed and dropped. */
  readonly pitch: number
  /** [rows] 1 where Σ|w|·max|code| + |bias| proves that two sums fit a double side by side */
  readonly paired: Uint8Array
}

/** Two sums below half of this in magnitude share a double: first + second · pairUnit. */
const pairUnit = 2 ** 26

/** Turns columns into offsets and finds for each row the bound on its sum. */
export function prepareLinear(layer: LinearLayer, maps: ReadonlyMap<string, IntegerMap>): PreparedLinear {
  const { height, width, channels } = layer.output
  let pitch = width
  for (const { kernel, stride, dilation } of layer.sources)
    pitch = Math.max(pitch, width + Math.floor(((kernel[1] - 1) * dilation[1]) / stride[1]))
  const sources = layer.sources.map((source) => {
    const rows = height + Math.floor(((source.kernel[0] - 1) * source.dilation[0]) / source.stride[0])
    return { map: maps.get(source.map)!, source, rows, offset: offsets(source, rows, pitch) }
  })
  const paired = new Uint8Array(channels)
  for (let row = 0; row < channels; row++) {
    let bound = Math.abs(layer.bias[row])
    for (const { map, source } of sources) {
      const { rowStart, value } = source.weights
      const most = map.format.signed ? 2 ** (map.format.bits - 1) : 2 ** map.format.bits - 1
      for (let i = rowStart[row]; i < rowStart[row + 1]; i++) bound += Math.abs(value[i]) * most
    }
    if (bound < pairUnit / 2) paired[row] = 1
    if (bound >= 2 ** 53) throw outsideInt32(layer, row, 'a sum that may reach 2^53')
  }
  return { layer, sources, pitch, paired }
}

/**
 * Codes [channels, height, width] of the layer's output.
 *
 * @throws DlpError if a sum does not fit int32
 */
export function runLinear(prepared: PreparedLinear, values: ReadonlyMap<string, Int16Array>): Int16Array {
  const { layer, pitch, paired } = prepared
  const { channels, height, width } = layer.output
  const length = (height - 1) * pitch + width
  const half = (length + 1) >> 1
  const planes = prepared.sources.map((source) => spread(source, values.get(source.source.map)!, pitch))
  const pairs = planes.map((plane) => pairUp(plane, half))
  const result = new Int16Array(channels * height * width)
  const sums = new Float64Array(2 * half)
  for (let row = 0; row < channels; row++) {
    const isPaired = paired[row] === 1
    const count = isPaired ? half : length
    sums.fill(layer.bias[row] * (isPaired ? 1 + pairUnit : 1), 0, count)
    for (const [index, { source, offset }] of prepared.sources.entries()) {
      const { rowStart, value } = source.weights
      addRow(sums, count, isPaired ? pairs[index] : planes[index], offset, value, rowStart[row], rowStart[row + 1])
    }
    if (isPaired) takeApart(sums, half)
    else checkSums(layer, row, sums, length)
    requantise(layer, row, sums, pitch, result)
  }
  return result
}

/** The planes in which a source's taps are runs: [channel, y mod stride, x mod stride][rows × pitch], and one element more. */
function spread({ map, source, rows }: PreparedSource, codes: Int16Array, pitch: number): Float64Array {
  const [strideY, strideX] = source.stride
  const [top, left] = source.pads
  const planes = new Float64Array(map.channels * strideY * strideX * rows * pitch + 1)
  if (map.zeroPoint !== 0) planes.fill(map.zeroPoint)
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
            planes.set(codes.subarray(from + first + remainderX - left, from + last + remainderX - left), at + first)
            continue
          }
          for (let x = first; x < last; x++) planes[at + x] = codes[from + x * strideX + remainderX - left]
        }
  return planes
}

/** [non-zeros] offset into `spread`'s planes of the code that output (0, 0) reads. */
function offsets({ kernel, stride, dilation, weights }: LinearSource, rows: number, pitch: number): Int32Array {
  const result = new Int32Array(weights.column.length)
  for (const [index, column] of weights.column.entries()) {
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

/** Element p holds the codes of the pixels p and p + half: one product serves both. */
function pairUp(plane: Float64Array, half: number): Float64Array {
  const pairs = new Float64Array(plane.length - half)
  for (let p = 0; p < pairs.length; p++) pairs[p] = plane[p] + plane[p + half] * pairUnit
  return pairs
}

/** The two sums of each double, to their own places. */
function takeApart(sums: Float64Array, half: number): void {
  for (let p = 0; p < half; p++) {
    const second = Math.floor((sums[p] + pairUnit / 2) / pairUnit)
    sums[p] -= second * pairUnit
    sums[p + half] = second
  }
}

function checkSums(layer: LinearLayer, row: number, sums: Float64Array, length: number): void {
  for (let p = 0; p < length; p++)
    if (sums[p] !== (sums[p] | 0))
      throw outsideInt32(layer, row, `the sum ${sums[p]}`)
}

function outsideInt32(layer: LinearLayer, row: number, what: string): DlpError {
  return new DlpError({
    where: `layer '${layer.name}', row ${row}`,
    what: `${what} does not fit int32`,
    help: 'use fewer weight bits, or a lower density',
  })
}

/** Sums stay in the cache while a block of a row takes all its taps. */
const block = 1024

/** Adds non-zeros from..to of a row to its sums, eight taps at a time; exact, as no sum reaches 2^53. */
function addRow(
  sums: Float64Array,
  count: number,
  codes: Float64Array,
  offset: Int32Array,
  value: Int32Array,
  from: number,
  to: number,
): void {
  for (let start = 0; start < count; start += block) {
    const end = Math.min(count, start + block)
    let i = from
    for (; i + 8 <= to; i += 8) addEight(sums, start, end, codes, offset, value, i)
    for (; i < to; i++) {
      const o = offset[i]
      const v = value[i]
      for (let p = start; p < end; p++) sums[p] += v * codes[o + p]
    }
  }
}

function addEight(
  sums: Float64Array,
  start: number,
  end: number,
  codes: Float64Array,
  offset: Int32Array,
  value: Int32Array,
  i: number,
): void {
  const [a, b, c, d] = [offset[i], offset[i + 1], offset[i + 2], offset[i + 3]]
  const [e, f, g, h] = [offset[i + 4], offset[i + 5], offset[i + 6], offset[i + 7]]
  const [va, vb, vc, vd] = [value[i], value[i + 1], value[i + 2], value[i + 3]]
  const [ve, vf, vg, vh] = [value[i + 4], value[i + 5], value[i + 6], value[i + 7]]
  for (let p = start; p < end; p++)
    sums[p] +=
      va * codes[a + p] +
      vb * codes[b + p] +
      vc * codes[c + p] +
      vd * codes[d + p] +
      ve * codes[e + p] +
      vf * codes[f + p] +
      vg * codes[g + p] +
      vh * codes[h + p]
}

/** (sum·m + 2^(s−1)) >> s is exact in a double: products stay below 2^47, and 2^s divides without rounding. */
function requantise(layer: LinearLayer, row: number, sums: Float64Array, pitch: number, result: Int16Array): void {
  const { low, high } = layer
  const { height, width, zeroPoint } = layer.output
  const shift = layer.shift[row]
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const multiplier = layer.multiplier[row]
  const scale = 2 ** -shift
  let at = row * height * width
  for (let y = 0; y < height; y++)
    for (let p = y * pitch, end = p + width; p < end; p++) {
      const code = Math.floor((sums[p] * multiplier + half) * scale) + zeroPoint
      result[at++] = code < low ? low : code > high ? high : code
    }
}
