// The range of values that each row of a sum can have for any input, and whether a rounding can be left out without a visible saturation.

import type { Grid } from '../graph/operators/grid.ts'
import type { Sum } from './sum.ts'

/** [rows] least and greatest value of each row. */
export interface RowRanges {
  readonly least: Float64Array
  readonly greatest: Float64Array
}

/** The least and the greatest real value that do not saturate on a grid. */
export const endsOf = ({ scale, zeroPoint, low, high }: Grid): readonly [number, number] => [
  (low - zeroPoint - 0.5) * scale,
  (high - zeroPoint + 0.5) * scale,
]

/** The ranges of a sum's rows by interval arithmetic over all codes of the maps; a tap in the padding reads 0. */
export function rowRangesOf(
  { sources, bias, low: floor, high: ceiling, grid }: Sum,
  gridOfMap: (map: string) => Grid | undefined,
): RowRanges {
  const sums = { least: Float64Array.from(bias), greatest: Float64Array.from(bias) }
  for (const { map, weights } of sources) {
    const from = gridOfMap(map)
    const [low, high] = from === undefined ? [-Infinity, Infinity] : endsOf(from)
    const [least, greatest] = [Math.min(0, low), Math.max(0, high)]
    for (let row = 0; row < weights.rows; row++) {
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
        const weight = weights.value[i]!
        sums.least[row]! += weight * (weight > 0 ? least : greatest)
        sums.greatest[row]! += weight * (weight > 0 ? greatest : least)
      }
    }
  }
  const bounded = (value: number): number => Math.min(Math.max(value, floor), ceiling)
  const within = { least: sums.least.map(bounded), greatest: sums.greatest.map(bounded) }
  return grid === undefined ? within : hull(within, endsOf(grid))
}

/** The range with or without the rounding to a grid, of which these are the ends. */
function hull({ least, greatest }: RowRanges, [low, high]: readonly [number, number]): RowRanges {
  return { least: least.map((value) => Math.min(value, low)), greatest: greatest.map((value) => Math.max(value, high)) }
}

/** Relative tolerance for comparisons of products of float32 numbers. */
const tolerance = 1e-6

/** True if no value of the rows saturates on the grid. */
export function neverSaturates({ least, greatest }: RowRanges, grid: Grid): boolean {
  const [low, high] = endsOf(grid)
  const slack = tolerance * (high - low)
  return least.every((value) => value >= low - slack) && greatest.every((value) => value <= high + slack)
}

/** True if no mean of values of the first grid saturates on the second. */
export function meansStayWithin({ scale, zeroPoint, low, high }: Grid, outer: Grid): boolean {
  const valueOf = (code: number): Float64Array => Float64Array.of((code - zeroPoint) * scale)
  return outer.rounding === 'nearest' && neverSaturates({ least: valueOf(low), greatest: valueOf(high) }, outer)
}

/**
 * True if the saturation of an inner grid can be left out: no row saturates on it, or wherever one does, the result is saturated with and
 * without it.
 *
 * @param addend the range of what is added to the sum before the result is rounded
 */
export function saturationIsHidden(own: RowRanges, inner: Grid, addend: RowRanges, result: Grid): boolean {
  const [low, high] = endsOf(inner)
  const [lowest, highest] = endsOf(result)
  const slack = tolerance * (high - low)
  return own.least.every((least, row) => {
    const isLowHidden = least >= low - slack || low + inner.scale / 2 + addend.greatest[row]! <= lowest + result.scale
    const isHighHidden =
      own.greatest[row]! <= high + slack || high - inner.scale / 2 + addend.least[row]! >= highest - result.scale
    return isLowHidden && isHighHidden
  })
}
