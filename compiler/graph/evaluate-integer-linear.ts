// The oracle's inner loop: sparse rows over dense maps, prepared once so that every tap is one long run of consecutive codes.

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
  /** [rows] 1 where |sum| < 2^31 is not proved by Σ|w|·max|code| */
  readonly unproved: Uint8Array
}

/** Turns columns into offsets and proves for each row that its sum fits int32. */
export function prepareLinear(layer: LinearLayer, maps: ReadonlyMap<string, IntegerMap>): PreparedLinear {
  const { height, width, channels } = layer.output
  let pitch = width
  for (const { kernel, stride, dilation } of layer.sources)
    pitch = Math.max(pitch, width + Math.floor(((kernel[1] - 1) * dilation[1]) / stride[1]))
  const sources = layer.sources.map((source) => {
    const rows = height + Math.floor(((source.kernel[0] - 1) * source.dilation[0]) / source.stride[0])
    return { map: maps.get(source.map)!, source, rows, offset: offsets(source, rows, pitch) }
  })
  const unproved = new Uint8Array(channels)
  for (let row = 0; row < channels; row++) {
    let bound = Math.abs(layer.bias[row])
    for (const { map, source } of sources) {
      const { rowStart, value } = source.weights
      const most = map.format.signed ? 2 ** (map.format.bits - 1) : 2 ** map.format.bits - 1
      for (let i = rowStart[row]; i < rowStart[row + 1]; i++) bound += Math.abs(value[i]) * most
    }
    if (bound >= 2 ** 31) unproved[row] = 1
  }
  return { layer, sources, pitch, unproved }
}

/** Codes [channels, height, width] of the layer's output. */
export function runLinear(prepared: PreparedLinear, values: ReadonlyMap<string, Int16Array>): Int16Array {
  const { layer, pitch } = prepared
  const { channels, height, width } = layer.output
  const planes = prepared.sources.map((source) => spread(source, values.get(source.source.map)!, pitch))
  const result = new Int16Array(channels * height * width)
  const length = (height - 1) * pitch + width
  const sums = new Int32Array(length)
  for (let row = 0; row < channels; row++) {
    if (prepared.unproved[row] === 1) checkedSums(prepared, planes, row, sums)
    else {
      sums.fill(layer.bias[row])
      for (const [index, { source, offset }] of prepared.sources.entries()) {
        const { rowStart, value } = source.weights
        addRow(sums, planes[index], offset, value, rowStart[row], rowStart[row + 1])
      }
    }
    requantise(layer, row, sums, pitch, result)
  }
  return result
}

/** The planes in which a source's taps are runs: [channel, y mod stride, x mod stride][rows × pitch]. */
function spread({ map, source, rows }: PreparedSource, codes: Int16Array, pitch: number): Int16Array {
  const [strideY, strideX] = source.stride
  const [top, left] = source.pads
  const planes = new Int16Array(map.channels * strideY * strideX * rows * pitch)
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

/** Sums stay in the cache while a block of a row takes all its taps. */
const block = 2048

/** Adds non-zeros from..to of a row to its sums, four taps at a time. */
function addRow(
  sums: Int32Array,
  codes: Int16Array,
  offset: Int32Array,
  value: Int32Array,
  from: number,
  to: number,
): void {
  for (let start = 0; start < sums.length; start += block) {
    const end = Math.min(sums.length, start + block)
    let i = from
    for (; i + 4 <= to; i += 4)
      addFour(
        sums,
        codes,
        start,
        end,
        offset[i],
        offset[i + 1],
        offset[i + 2],
        offset[i + 3],
        value[i],
        value[i + 1],
        value[i + 2],
        value[i + 3],
      )
    for (; i < to; i++) {
      const o = offset[i]
      const v = value[i]
      for (let p = start; p < end; p++) sums[p] += Math.imul(v, codes[o + p])
    }
  }
}

function addFour(
  sums: Int32Array,
  codes: Int16Array,
  start: number,
  end: number,
  a: number,
  b: number,
  c: number,
  d: number,
  v: number,
  w: number,
  x: number,
  y: number,
): void {
  for (let p = start; p < end; p++)
    sums[p] =
      (sums[p] +
        Math.imul(v, codes[a + p]) +
        Math.imul(w, codes[b + p]) +
        Math.imul(x, codes[c + p]) +
        Math.imul(y, codes[d + p])) |
      0
}

/** The same sums in doubles, for rows that might leave int32: refused if they do. */
function checkedSums(
  { layer, sources }: PreparedLinear,
  planes: readonly Int16Array[],
  row: number,
  sums: Int32Array,
): void {
  for (let p = 0; p < sums.length; p++) {
    let sum = layer.bias[row]
    for (const [index, { source, offset }] of sources.entries()) {
      const { rowStart, value } = source.weights
      for (let i = rowStart[row]; i < rowStart[row + 1]; i++) sum += value[i] * planes[index][offset[i] + p]
    }
    if (sum !== (sum | 0))
      throw new DlpError({
        where: `layer '${layer.name}', row ${row}`,
        what: `the sum ${sum} does not fit int32`,
        help: 'use fewer weight bits, or a lower density',
      })
    sums[p] = sum
  }
}

/** (sum·m + 2^(s−1)) >> s is exact in a double: products stay below 2^47, and 2^s divides without rounding. */
function requantise(layer: LinearLayer, row: number, sums: Int32Array, pitch: number, result: Int16Array): void {
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
