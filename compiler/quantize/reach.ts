// The values that the rows of a sum can take whatever the input, and whether leaving a rounding out could show more than it rounded.

import type { Grid } from '../graph/operators/grid.ts'
import type { Sum } from './sum.ts'

/** [rows] least and greatest value of each row. */
export interface Reach {
  readonly least: Float64Array
  readonly greatest: Float64Array
}

/** Real values of the grid's ends, with what rounds to them. */
export const endsOf = ({ scale, zeroPoint, low, high }: Grid): readonly [number, number] => [
  (low - zeroPoint - 0.5) * scale,
  (high - zeroPoint + 0.5) * scale,
]

/** What the rows reach, every map at its worst codes; a tap in the padding reads 0. */
export function reachOf(
  { sources, bias, low: floor, high: ceiling, grid }: Sum,
  gridOfMap: (map: string) => Grid | undefined,
): Reach {
  const reach = { least: Float64Array.from(bias), greatest: Float64Array.from(bias) }
  for (const { map, weights } of sources) {
    const from = gridOfMap(map)
    const [low, high] = from === undefined ? [-Infinity, Infinity] : endsOf(from)
    const [least, greatest] = [Math.min(0, low), Math.max(0, high)]
    for (let row = 0; row < weights.rows; row++) {
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
        const weight = weights.value[i]!
        reach.least[row]! += weight * (weight > 0 ? least : greatest)
        reach.greatest[row]! += weight * (weight > 0 ? greatest : least)
      }
    }
  }
  const bounded = (value: number): number => Math.min(Math.max(value, floor), ceiling)
  const within = { least: reach.least.map(bounded), greatest: reach.greatest.map(bounded) }
  return grid === undefined ? within : hull(within, endsOf(grid))
}

/** What is or was on the grid: its rounding may be left out or kept. */
function hull({ least, greatest }: Reach, [low, high]: readonly [number, number]): Reach {
  return { least: least.map((value) => Math.min(value, low)), greatest: greatest.map((value) => Math.max(value, high)) }
}

/** A comparison of products of float32 numbers. */
const tolerance = 1e-6

/** True if no value that the rows reach is beyond the grid's ends. */
export function neverSaturates({ least, greatest }: Reach, grid: Grid): boolean {
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
 * True if a sum whose grid is left out never differs by saturation: its rows stay within the grid, or where one leaves it the
 * result is saturated either way.
 *
 * @param others what is added to the sum
 */
export function saturationNeverShows(own: Reach, inner: Grid, others: Reach, result: Grid): boolean {
  const [low, high] = endsOf(inner)
  const [lowest, highest] = endsOf(result)
  const slack = tolerance * (high - low)
  return own.least.every((least, row) => {
    const isLowHidden = least >= low - slack || low + inner.scale / 2 + others.greatest[row]! <= lowest + result.scale
    const isHighHidden =
      own.greatest[row]! <= high + slack || high - inner.scale / 2 + others.least[row]! >= highest - result.scale
    return isLowHidden && isHighHidden
  })
}
