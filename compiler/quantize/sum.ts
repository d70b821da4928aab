// A sum of sparse products that is not yet a map: what the fuser grows while further nodes can join the same rows.

import type { Grid } from '../graph/operators/grid.ts'
import { joinNames, type NodeNames } from './node-names.ts'
import type { FloatSource, Pair } from './plan.ts'
import { mapRows, spreadOverTaps } from './rows.ts'
import { identitySources, sharedGrid, type View } from './view.ts'

/** clamp(Σ sources + bias, low, high) with the nodes that it stands for. */
export interface Sum {
  readonly sources: readonly FloatSource[]
  readonly bias: Float64Array
  readonly low: number
  readonly high: number
  readonly nodes: NodeNames
  /** The grid that the model rounds the sum to, after the bounds. */
  readonly grid?: Grid
  /** Set: the values are on the grid anyway, so that leaving it out changes nothing. */
  readonly onGrid?: boolean
  /** Set: the sources are 1×1 and summed over this many pixels of [height, width], then divided by their number. */
  readonly mean?: { readonly height: number; readonly width: number }
}

/** What has been added to or multiplied is on no grid any more. */
const offGrid = { grid: undefined, onGrid: undefined } as const

/** The value itself, a channel a row. */
export function identity(view: View, node: string): Sum {
  return {
    sources: identitySources(view, node),
    bias: new Float64Array(view.channel.length),
    low: -Infinity,
    high: Infinity,
    nodes: undefined,
  }
}

/** Moving values leaves them on the grid that they are on, where a model gives one; 0 is a value of all but that of signs. */
export function gridOfParts(view: View): Pick<Sum, 'grid' | 'onGrid'> {
  const grid = sharedGrid(view)
  return grid === undefined || grid.rounding === 'sign' ? {} : { grid, onGrid: true }
}

/** True if nothing has been clamped or rounded: further sums may join. */
export const isOpen = (sum: Sum): boolean => isUnbounded(sum) && (sum.grid === undefined || sum.onGrid === true)

/** True if nothing has been clamped but for saturation: sums may join that leave the rounding in between out. */
export const isNearlyOpen = (sum: Sum): boolean => isUnbounded(sum) && (sum.grid === undefined || saturates(sum.grid))

/** True if the grid's ends are where codes end, not where an activation does: it has values on both sides of 0. */
export const saturates = ({ low, high, zeroPoint, rounding }: Grid): boolean =>
  low < zeroPoint && zeroPoint < high && rounding === 'nearest'

const isUnbounded = (sum: Sum): boolean => sum.low === -Infinity && sum.high === Infinity

/** True if the sum only takes values of one map, or 0, to other places. */
export function isMove({ sources, bias, low, high, mean }: Sum): boolean {
  const [source, ...others] = sources
  if (source === undefined || others.length > 0 || source.role !== 'residual' || mean !== undefined) return false
  const unbounded = low === -Infinity && high === Infinity
  return unbounded && bias.every((value) => value === 0) && source.weights.value.every((value) => value === 1)
}

/** Both sums, in the same rows; `main` tells which of their convolutions stays the main one. */
export function add(first: Sum, second: Sum, firstIsMain: boolean): Sum {
  const demote = (source: FloatSource): FloatSource =>
    source.role === 'main' ? { ...source, role: 'projection' } : source
  const [main, other] = firstIsMain ? [first, second] : [second, first]
  const hasMain = main.sources.some((source) => source.role === 'main')
  return {
    ...main,
    sources: [...main.sources, ...(hasMain ? other.sources.map(demote) : other.sources)].map(needed),
    bias: main.bias.map((value, row) => value + other.bias[row]!),
    ...offGrid,
    nodes: joinNames(main.nodes, other.nodes),
  }
}

/** A source whose values are no longer only moved. */
export const needed = (source: FloatSource): FloatSource =>
  source.needed === 0 ? { ...source, needed: undefined } : source

/** Every row times a factor, plus an offset; of an open sum. */
export function affine(sum: Sum, factor: readonly number[], offset: readonly number[]): Sum {
  const isPlain = factor.every((value) => value === 1)
  const scaled = (source: FloatSource): FloatSource => ({
    ...needed(source),
    weights: mapRows(
      source.weights,
      source.weights.rows,
      (row) => row,
      (row) => factor[row]!,
    ),
    step: source.step?.map((value, row) => value * (Math.abs(factor[row]!) || 1)),
  })
  return {
    ...sum,
    sources: isPlain ? sum.sources : sum.sources.map(scaled),
    bias: sum.bias.map((value, row) => value * factor[row]! + offset[row]!),
    ...offGrid,
  }
}

/** The sum between bounds, after those that it has. */
export function clamped(sum: Sum, low: number, high: number): Sum {
  const within = (value: number): number => Math.min(Math.max(value, low), high)
  return { ...sum, low: within(sum.low), high: within(sum.high) }
}

/** Other rows: row r is row `from(r)`, or 0 where that is no row. */
export function withRows(sum: Sum, rows: number, from: (row: number) => number): Sum {
  return {
    ...sum,
    sources: sum.sources.map((source) => ({
      ...source,
      weights: mapRows(source.weights, rows, from),
      step: source.step && Float64Array.from({ length: rows }, (_, row) => source.step?.[from(row)] ?? 1),
    })),
    bias: Float64Array.from({ length: rows }, (_, row) => sum.bias[from(row)] ?? 0),
  }
}

/** Every `step`-th pixel from `start` on. */
export function strided(sum: Sum, step: Pair, start: Pair): Sum {
  const stretch = (source: FloatSource): FloatSource => {
    const { stride, pads } = source
    return {
      ...source,
      stride: [stride[0] * step[0], stride[1] * step[1]],
      pads: [pads[0] - stride[0] * start[0], pads[1] - stride[1] * start[1]],
    }
  }
  return { ...sum, sources: sum.sources.map(stretch) }
}

/** A mean over pixels as a kernel of the map's size, for sums that become a map. */
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
      step: source.step?.map((value) => value / (mean.height * mean.width)),
      dense: source.dense * mean.height * mean.width,
      needed: (source.needed ?? 1) / (mean.height * mean.width),
    })),
  }
}
