// One layer's discrete weights: block by block from samples of what it reads and of what it ought to give.

import { MomentSum, type Moments } from '../moments.ts'
import { alternate } from './admm.ts'
import { type Block, blocksOf } from './blocks.ts'
import { nearestPlanes } from './nearest-plane.ts'
import type { LayerWeights } from './positions.ts'
import { bestProjection, bestRounding, type DiscreteRow, errorOf, least, polish, type RowProblem } from './row.ts'
import type { WeightSet } from './weight-sets.ts'

/** Samples of a layer, all in memory. */
export interface LayerData {
  readonly count: number
  /** [count × columns] */
  readonly found: Float32Array
  /** [count × rows] */
  readonly wanted: Float64Array
}

/** Integers of a layer; the real weight is code · scale of its row. */
export interface DiscreteLayer {
  /** [rows × columns] */
  readonly codes: Int32Array
  /** [rows] */
  readonly scale: Float64Array
}

export type Method = (problems: readonly RowProblem[], weights: readonly Float64Array[]) => DiscreteRow[]

/** Pull towards the model's weights, relative to the mean variance of the inputs, so that few samples are not overfitted. */
const damping = 0.02

/** Samples a column from which on the damping is at its least. */
const plenty = 4

/** The best of what ADMM, correction column by column and rounding find, after every code that helps has moved. */
export const byAdmm: Method = (problems, weights) => {
  const alternated = alternate(problems)
  const planes = nearestPlanes(problems)
  return problems.map((problem, at) => {
    const found = [alternated[at], bestRounding(weights[at], problem), ...(planes === undefined ? [] : [planes[at]])]
    const starts = found.map((row) => polish(row, problem))
    return least(starts, (row) => errorOf(row, problem))
  })
}

/** Every weight to the nearest code, at the scale with the least squared error of the weights. */
export const byRounding: Method = (problems, weights) =>
  problems.map(({ keep, set, scale }, at) =>
    scale === undefined
      ? bestProjection(weights[at], keep, set)
      : bestRounding(weights[at], { ...problems[at], scale }),
  )

/**
 * Discrete weights for a layer.
 *
 * @param keep [rows × columns] 1 where a weight may be other than 0
 */
export function discretise(
  layer: LayerWeights,
  keep: Uint8Array,
  set: WeightSet,
  data: LayerData,
  method: Method = byAdmm,
): DiscreteLayer {
  const { rows, columns, values } = layer
  const codes = new Int32Array(rows * columns)
  const scale = new Float64Array(rows)
  const blocks = blocksOf(layer)
  const isCut = new Set(blocks.flatMap((block) => block.rows)).size < sum(blocks.map((block) => block.rows.length))
  if (isCut)
    for (let row = 0; row < rows; row++) {
      const part = <T extends Float64Array | Uint8Array>(all: T) =>
        all.subarray(row * columns, (row + 1) * columns) as T
      scale[row] = bestProjection(part(values), part(keep), set).scale
    }
  const rest = isCut ? residual(layer, data) : data.wanted
  for (const block of blocks) {
    if (isCut) shift(layer, data, rest, block, 1, values)
    const moments = momentsOf(block, columns, rows, data, rest)
    const inputs = damped(moments, data.count)
    const pull = inputs[0] - moments.inputs[0]
    const weights = block.rows.map((row) =>
      Float64Array.from(block.columns, (column) => values[row * columns + column]),
    )
    const problems = block.rows.map((row, at): RowProblem => ({
      set,
      inputs,
      cross: Float64Array.from(
        block.columns,
        (_, i) => moments.cross[at * block.columns.length + i] + pull * weights[at][i],
      ),
      keep: Uint8Array.from(block.columns, (column) => keep[row * columns + column]),
      ...(isCut ? { scale: scale[row] } : {}),
    }))
    for (const [at, row] of method(problems, weights).entries()) {
      scale[block.rows[at]] = row.scale
      for (const [i, column] of block.columns.entries()) codes[block.rows[at] * columns + column] = row.codes[i]
    }
    if (isCut) shift(layer, data, rest, block, -1, codes, scale)
  }
  return { codes, scale }
}

/** What the layer's own weights leave of the wanted outputs. */
function residual({ rows, columns, values }: LayerWeights, { count, found, wanted }: LayerData): Float64Array {
  const rest = wanted.slice()
  for (let sample = 0; sample < count; sample++)
    for (let row = 0; row < rows; row++) {
      let total = 0
      for (let i = 0, a = sample * columns, b = row * columns; i < columns; i++, a++, b++) total += found[a] * values[b]
      rest[sample * rows + row] -= total
    }
  return rest
}

/** Adds a block's outputs to the rest, or takes them away. */
function shift(
  { rows, columns }: LayerWeights,
  { count, found }: LayerData,
  rest: Float64Array,
  block: Block,
  sign: number,
  weights: ArrayLike<number>,
  scale?: Float64Array,
): void {
  const own = block.columns
  for (const row of block.rows) {
    const factor = sign * (scale?.[row] ?? 1)
    for (let sample = 0; sample < count; sample++) {
      let total = 0
      for (let i = 0; i < own.length; i++) total += found[sample * columns + own[i]] * weights[row * columns + own[i]]
      rest[sample * rows + row] += factor * total
    }
  }
}

function momentsOf(
  block: Block,
  columns: number,
  rows: number,
  { count, found }: LayerData,
  wanted: Float64Array,
): Moments {
  const moments = new MomentSum(block.rows.length, block.columns.length)
  const x = new Float64Array(block.columns.length)
  const y = new Float64Array(block.rows.length)
  for (let sample = 0; sample < count; sample++) {
    for (let i = 0; i < x.length; i++) x[i] = found[sample * columns + block.columns[i]]
    for (let i = 0; i < y.length; i++) y[i] = wanted[sample * rows + block.rows[i]]
    moments.add(x, y)
  }
  return moments.moments()
}

function damped({ inputs, columns }: Moments, count: number): Float64Array {
  let variance = 0
  for (let i = 0; i < columns; i++) variance += inputs[i * (columns + 1)]
  const doubt = Math.max(1, (plenty * columns) / count)
  const pull = (doubt * damping * variance) / Math.max(1, columns) || 1e-12
  const result = inputs.slice()
  for (let i = 0; i < columns; i++) result[i * (columns + 1)] += pull
  return result
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
