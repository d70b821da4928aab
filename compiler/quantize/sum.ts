// A pending sum: rows of sparse products with bounds and a rounding that no layer computes yet, so that further nodes can join them.

import type { Grid } from '../graph/operators/grid.ts'
import { joinNames, type NodeNames } from './node-names.ts'
import type { FloatSource, Pair } from './plan.ts'
import { mapRows, spreadOverTaps } from './rows.ts'
import { identitySources, sharedGrid, type View } from './view.ts'

/** clamp(Σ sources + bias, low, high), rounded to a grid, and the nodes for which it stands. */
export interface Sum {
  readonly sources: readonly FloatSource[]
  readonly bias: Float64Array
  readonly low: number
  readonly high: number
  readonly nodes: NodeNames
  /** The grid to which the model rounds the sum, after the bounds. */
  readonly grid?: Grid
  /** True if all values are on the grid already: to leave the rounding out changes nothing. */
  readonly onGrid?: boolean
  /** Present for a global average: the sources are 1×1, summed over all pixels of the map and divided by their number. */
  readonly mean?: { readonly height: number; readonly width: number }
}

/** A sum that has been added to or multiplied is on no grid any more. */
const offGrid = { grid: undefined, onGrid: undefined } as const

/** The value itself: each channel is a row. */
export function identity(view: View, node: string): Sum {
  return {
    sources: identitySources(view, node),
    bias: new Float64Array(view.channel.length),
    low: -Infinity,
    high: Infinity,
    nodes: undefined,
  }
}

/** The grid of a sum that only moves the values of a view: theirs. The 0 of padding is on every grid but that of signs. */
export function gridOfParts(view: View): Pick<Sum, 'grid' | 'onGrid'> {
  const grid = sharedGrid(view)
  return grid === undefined || grid.rounding === 'sign' ? {} : { grid, onGrid: true }
}

/** True if the sum is neither clamped nor rounded: further products may be added to its rows. */
export const isExtendable = (sum: Sum): boolean => isUnbounded(sum) && (sum.grid === undefined || sum.onGrid === true)

/** True if the sum is not clamped, and rounded by a saturating grid at most: it is extendable if that rounding may be left out. */
export const isExtendableUnrounded = (sum: Sum): boolean =>
  isUnbounded(sum) && (sum.grid === undefined || saturates(sum.grid))

/** True if the grid's bounds are those of its codes, not those of an activation: it has values on both sides of 0. */
export const saturates = ({ low, high, zeroPoint, rounding }: Grid): boolean =>
  low < zeroPoint && zeroPoint < high && rounding === 'nearest'

const isUnbounded = (sum: Sum): boolean => sum.low === -Infinity && sum.high === Infinity

/** True if the sum only moves values of one map, or 0, to other positions. */
export function isDataMovement({ sources, bias, low, high, mean }: Sum): boolean {
  const [source, ...others] = sources
  if (source === undefined || others.length > 0 || source.role !== 'residual' || mean !== undefined) return false
  const unbounded = low === -Infinity && high === Infinity
  return unbounded && bias.every((value) => value === 0) && source.weights.value.every((value) => value === 1)
}

/** Both sums in the same rows; the convolutions of one remain main sources, those of the other become projections. */
export function add(first: Sum, second: Sum, firstIsMain: boolean): Sum {
  const demote = (source: FloatSource): FloatSource =>
    source.role === 'main' ? { ...source, role: 'projection' } : source
  const [main, other] = firstIsMain ? [first, second] : [second, first]
  const hasMain = main.sources.some((source) => source.role === 'main')
  return {
    ...main,
    sources: [...main.sources, ...(hasMain ? other.sources.map(demote) : other.sources)].map(withUsefulProducts),
    bias: main.bias.map((value, row) => value + other.bias[row]!),
    ...offGrid,
    nodes: joinNames(main.nodes, other.nodes),
  }
}

/** The source with its products counted as work that the network needs: its values are no longer only moved. */
export const withUsefulProducts = (source: FloatSource): FloatSource =>
  source.needed === 0 ? { ...source, needed: undefined } : source

/** Every row times a factor, plus an offset; for an extendable sum. */
export function affine(sum: Sum, factor: readonly number[], offset: readonly number[]): Sum {
  const isPlain = factor.every((value) => value === 1)
  const scaled = (source: FloatSource): FloatSource => ({
    ...withUsefulProducts(source),
    weights: mapRows(
      source.weights,
      source.weights.rows,
      (row) => row,
      (row) => factor[row]!,
    ),
    weightScale: source.weightScale?.map((value, row) => value * (Math.abs(factor[row]!) || 1)),
  })
  return {
    ...sum,
    sources: isPlain ? sum.sources : sum.sources.map(scaled),
    bias: sum.bias.map((value, row) => value * factor[row]! + offset[row]!),
    ...offGrid,
  }
}

/** The sum, clamped to further bounds. */
export function clamped(sum: Sum, low: number, high: number): Sum {
  const within = (value: number): number => Math.min(Math.max(value, low), high)
  return { ...sum, low: within(sum.low), high: within(sum.high) }
}

/** The sum with other rows: row r is row `from(r)`, or 0 where there is no such row. */
export function withRows(sum: Sum, rows: number, from: (row: number) => number): Sum {
  return {
    ...sum,
    sources: sum.sources.map((source) => ({
      ...source,
      weights: mapRows(source.weights, rows, from),
      weightScale:
        source.weightScale && Float64Array.from({ length: rows }, (_, row) => source.weightScale?.[from(row)] ?? 1),
    })),
    bias: Float64Array.from({ length: rows }, (_, row) => sum.bias[from(row)] ?? 0),
  }
}

/** Every `step`-th pixel from `start`. */
export function strided(sum: Sum, step: Pair, start: Pair): Sum {
  const subsampled = (source: FloatSource): FloatSource => {
    const { stride, pads } = source
    return {
      ...source,
      stride: [stride[0] * step[0], stride[1] * step[1]],
      pads: [pads[0] - stride[0] * start[0], pads[1] - stride[1] * start[1]],
    }
  }
  return { ...sum, sources: sum.sources.map(subsampled) }
}

/** A global average as a kernel of the map's size. */
export function withoutMean(sum: Sum): Sum {
  const { mean, ...rest } = sum
  if (mean === undefined) return sum
  const kernel = [mean.height, mean.width] as const
  return {
    ...rest,
    sources: sum.sources.map((source) => ({
      ...source,
      kernel,
      weights: spreadOverTaps(source.weights, mean.height * mean.width),
      weightScale: source.weightScale?.map((value) => value / (mean.height * mean.width)),
      dense: source.dense * mean.height * mean.width,
      needed: (source.needed ?? 1) / (mean.height * mean.width),
    })),
  }
}
