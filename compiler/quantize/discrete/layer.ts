// One layer's discrete weights: block by block from samples of what it reads and of what it ought to give.

import { elementAt } from '../../../base/defined.ts'
import { addProduct } from '../../kernels/product.ts'
import { MomentSum, type Moments } from '../moments.ts'
import { alternate } from './admm.ts'
import { type LayerBlock, blocksOf } from './blocks.ts'
import { nearestPlanes } from './nearest-plane.ts'
import type { LayerWeights } from './positions.ts'
import { polishAll } from './polish.ts'
import { bestRoundings } from './round-rows.ts'
import { leastOf } from './row-errors.ts'
import { bestProjection, codesAt, type DiscreteRow, type DiscreteRowProblem } from './row.ts'
import { snapped, snappedScale } from './snap.ts'
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

export type Method = (problems: readonly DiscreteRowProblem[], weights: readonly Float64Array[]) => DiscreteRow[]

export interface DiscretiseOptions {
  readonly method?: Method
  /** [rows] see `RowProblem` */
  readonly shortcuts?: readonly (number | undefined)[]
}

/** Pull towards the model's weights, relative to the mean variance of the inputs, so that few samples are not overfitted. */
const damping = 0.02

/** Samples a column from which on the damping is at its least. */
const plenty = 4

/** The best of what ADMM, correction column by column and rounding find, after every code that helps has moved. */
export const byAdmm: Method = (problems, weights) => {
  const alternated = alternate(problems)
  const planes = nearestPlanes(problems, weights)
  const starts = [alternated, bestRoundings(weights, problems), ...(planes === undefined ? [] : [planes])]
  const polished = starts.map((rows) => polishAll(rows, problems))
  return snapped(leastOf(polished, problems), problems)
}

/** Every weight to the nearest code, at the scale with the least squared error of the weights. */
export const byRounding: Method = (problems, weights) =>
  problems.map(({ keep, set, scale }, at) =>
    scale === undefined
      ? bestProjection(elementAt(weights, at), keep, set)
      : { codes: codesAt(elementAt(weights, at), keep, set, scale), scale },
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
  { method = byAdmm, shortcuts = [] }: DiscretiseOptions = {},
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
      scale[row] = snappedScale(bestProjection(part(values), part(keep), set).scale, shortcuts[row], set)
    }
  const rest = isCut ? data.wanted.slice() : data.wanted
  if (isCut)
    for (const block of blocks) addOutputs(rest, blockSamples(data, columns, block), rows, block, -1, weightsOf(block))
  for (const block of blocks) {
    const samples = blockSamples(data, columns, block)
    const own = weightsOf(block)
    if (isCut) addOutputs(rest, samples, rows, block, 1, own)
    const width = block.columns.length
    const moments = momentsOf(block, samples, rows, rest)
    const inputs = damped(moments, data.count)
    const pull = (inputs[0] ?? 0) - (moments.inputs[0] ?? 0)
    const weights = block.rows.map((_, at) => own.slice(at * width, (at + 1) * width))
    const problems = block.rows.map((row, at): DiscreteRowProblem => ({
      set,
      inputs,
      cross: elementAt(weights, at).map((weight, i) => moments.cross[at * width + i]! + pull * weight),
      keep: Uint8Array.from(block.columns, (column) => keep[row * columns + column]!),
      shortcut: shortcuts[row],
      ...(isCut ? { scale: scale[row] } : {}),
    }))
    for (const [at, row] of method(problems, weights).entries()) {
      scale[block.rows[at]!] = row.scale
      for (const [i, column] of block.columns.entries()) codes[block.rows[at]! * columns + column] = row.codes[i]!
      for (let i = 0; i < width; i++) own[at * width + i] = row.codes[i]! * row.scale
    }
    if (isCut) addOutputs(rest, samples, rows, block, -1, own)
  }
  return { codes, scale }

  /** [rows × columns] of a block: the model's weights */
  function weightsOf(block: LayerBlock): Float64Array {
    const all = new Float64Array(block.rows.length * block.columns.length)
    let at = 0
    for (const row of block.rows) for (const column of block.columns) all[at++] = values[row * columns + column]!
    return all
  }
}

/** [count × columns] of a block. */
interface BlockSamples {
  readonly count: number
  readonly values: Float32Array
}

function blockSamples({ count, found }: LayerData, columns: number, block: LayerBlock): BlockSamples {
  const width = block.columns.length
  if (width === columns) return { count, values: found }
  const values = new Float32Array(count * width)
  for (let sample = 0, at = 0; sample < count; sample++)
    for (let i = 0; i < width; i++) values[at++] = found[sample * columns + block.columns[i]!]!
  return { count, values }
}

/** Adds what a block's weights give to outputs [count × rows], or takes it away. */
function addOutputs(
  outputs: Float64Array,
  { count, values }: BlockSamples,
  rows: number,
  block: LayerBlock,
  sign: 1 | -1,
  weights: Float64Array,
): void {
  const [height, depth] = [block.rows.length, block.columns.length]
  const products = new Float64Array(count * height)
  const operand = (each: Float32Array | Float64Array) => ({ values: each, step: depth, depthStep: 1 })
  addProduct(products, { rows: count, columns: height, depth }, operand(values), operand(weights), { sign })
  for (let sample = 0; sample < count; sample++)
    for (let at = 0; at < height; at++) outputs[sample * rows + block.rows[at]!]! += products[sample * height + at]!
}

function momentsOf(block: LayerBlock, { count, values }: BlockSamples, rows: number, wanted: Float64Array): Moments {
  const [height, width] = [block.rows.length, block.columns.length]
  const moments = new MomentSum(height, width)
  const y = new Float64Array(height)
  for (let sample = 0; sample < count; sample++) {
    for (let at = 0; at < height; at++) y[at] = wanted[sample * rows + block.rows[at]!]!
    moments.add(values.subarray(sample * width, (sample + 1) * width), y)
  }
  return moments.moments()
}

function damped({ inputs, columns }: Moments, count: number): Float64Array {
  let variance = 0
  for (let i = 0; i < columns; i++) variance += inputs[i * (columns + 1)]!
  const doubt = Math.max(1, (plenty * columns) / count)
  const pull = (doubt * damping * variance) / Math.max(1, columns) || 1e-12
  const result = inputs.slice()
  for (let i = 0; i < columns; i++) result[i * (columns + 1)]! += pull
  return result
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
