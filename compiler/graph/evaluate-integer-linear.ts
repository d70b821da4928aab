// The linear layer of the oracle: two exact integer sums in each float64, then requantisation.

import { greatestMagnitude } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { addTaps, pitchOf, planeRows, spreadPlanes, tapOffsets } from './evaluate-integer-taps.ts'
import type { IntegerMap, LinearLayer, LinearSource } from './integer.ts'

/** A source with the offsets of its taps in the planes that `spreadPlanes` makes of its map. */
interface PreparedSource {
  readonly map: IntegerMap
  readonly source: LinearSource
  /** Rows of a plane. */
  readonly rows: number
  /** [non-zeros] offset of the code that a tap reads for output (0, 0) */
  readonly offset: Int32Array
}

/** A layer with an offset for each of its columns. */
export interface PreparedLinear {
  readonly layer: LinearLayer
  readonly sources: readonly PreparedSource[]
  /** Codes from one output row to the next. */
  readonly pitch: number
  /** [rows] 1 where Σ|w|·max|code| + |bias| proves that two sums fit one float64 */
  readonly paired: Uint8Array
}

/** Two sums below half of this in magnitude share a float64: first + second · pairUnit. */
const pairUnit = 2 ** 26

/** Computes the offset of each column and the bound on each row's sum. */
export function prepareLinear(layer: LinearLayer, maps: ReadonlyMap<string, IntegerMap>): PreparedLinear {
  const { channels } = layer.output
  const pitch = pitchOf(layer.sources, layer.output)
  const sources = layer.sources.map((source) => {
    const rows = planeRows(source, layer.output)
    return {
      map: defined(maps.get(source.map)),
      source,
      rows,
      offset: tapOffsets(source, source.weights.column, rows, pitch),
    }
  })
  const paired = new Uint8Array(channels)
  for (let row = 0; row < channels; row++) {
    let bound = Math.abs(layer.bias[row]!)
    for (const { map, source } of sources) {
      const { rowStart, value } = source.weights
      const most = greatestMagnitude(map.format)
      for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) bound += Math.abs(value[i]!) * most
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
  const planes = prepared.sources.map(({ map, source, rows }) =>
    spreadPlanes(source, map, defined(values.get(map.name)), map.zeroPoint, rows, pitch),
  )
  const pairs = planes.map((plane) => pairUp(plane, half))
  const result = new Int16Array(channels * height * width)
  const sums = new Float64Array(2 * half)
  for (let row = 0; row < channels; row++) {
    const isPaired = paired[row] === 1
    const count = isPaired ? half : length
    sums.fill(layer.bias[row]! * (isPaired ? 1 + pairUnit : 1), 0, count)
    for (const [index, { source, offset }] of prepared.sources.entries()) {
      const { rowStart, value } = source.weights
      addTaps(sums, count, isPaired ? pairs[index]! : planes[index]!, offset, value, rowStart[row]!, rowStart[row + 1]!)
    }
    if (isPaired) separatePairs(sums, half)
    else checkSums(layer, row, sums, length)
    requantise(layer, row, sums, pitch, result)
  }
  return result
}

/** Element p holds the codes of the pixels p and p + half: one multiplication computes both products. */
function pairUp(plane: Float64Array, half: number): Float64Array {
  const pairs = new Float64Array(plane.length - half)
  for (let p = 0; p < pairs.length; p++) pairs[p] = plane[p]! + plane[p + half]! * pairUnit
  return pairs
}

/** Separates the two sums of each float64 into elements p and p + half. */
function separatePairs(sums: Float64Array, half: number): void {
  for (let p = 0; p < half; p++) {
    const second = Math.floor((sums[p]! + pairUnit / 2) / pairUnit)
    sums[p]! -= second * pairUnit
    sums[p + half] = second
  }
}

function checkSums(layer: LinearLayer, row: number, sums: Float64Array, length: number): void {
  for (let p = 0; p < length; p++) if (sums[p] !== (sums[p]! | 0)) throw outsideInt32(layer, row, `the sum ${sums[p]}`)
}

function outsideInt32(layer: LinearLayer, row: number, what: string): DlpError {
  return new DlpError({
    where: `layer '${layer.name}', row ${row}`,
    what: `${what} does not fit int32`,
    help: 'use fewer weight bits, or a lower density',
  })
}

/** The code of one sum, bias included. */
export function requantised(layer: LinearLayer, row: number, sum: number): number {
  const { low, high } = layer
  const code = quotient(sum * layer.multiplier[row]!, layer.shift[row]!, layer.even?.[row]) + layer.output.zeroPoint
  return code < low ? low : code > high ? high : code
}

/** product ÷ 2^shift, rounded to the nearest integer; halves up or to even. */
function quotient(product: number, shift: number, even: number | undefined): number {
  const exact = product * 2 ** -shift
  const floor = Math.floor(exact)
  const rest = exact - floor
  return rest > 0.5 || (rest === 0.5 && (even !== 1 || floor % 2 !== 0)) ? floor + 1 : floor
}

/** Requantises all sums of a row. (sum·m + 2^(s−1)) >> s is exact in float64: products stay below 2^47, and division by 2^s does not round. */
function requantise(layer: LinearLayer, row: number, sums: Float64Array, pitch: number, result: Int16Array): void {
  const { low, high } = layer
  const { height, width, zeroPoint } = layer.output
  const shift = layer.shift[row]!
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const multiplier = layer.multiplier[row]!
  const scale = 2 ** -shift
  let at = row * height * width
  if (layer.even?.[row] === 1) {
    for (let y = 0; y < height; y++)
      for (let p = y * pitch, end = p + width; p < end; p++) result[at++] = requantised(layer, row, sums[p]!)
    return
  }
  for (let y = 0; y < height; y++)
    for (let p = y * pitch, end = p + width; p < end; p++) {
      const code = Math.floor((sums[p]! * multiplier + half) * scale) + zeroPoint
      result[at++] = code < low ? low : code > high ? high : code
    }
}
