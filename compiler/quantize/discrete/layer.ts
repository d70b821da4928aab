// One layer's discrete weights: found block by block, from samples of the layer's inputs and of its target outputs.

import { elementAt } from '../../../base/defined.ts'
import { addProduct } from '../../kernels/product.ts'
import { MomentSum, type Moments } from '../moments.ts'
import { admm } from './admm.ts'
import { blocksOf, type LayerBlock } from './blocks.ts'
import { coordinateDescent } from './coordinate-descent.ts'
import { nearestPlanes } from './nearest-plane.ts'
import { bestRoundings } from './round-rows.ts'
import { bestOfEach } from './row-errors.ts'
import { bestProjection, codesAt, type DiscreteRow, type DiscreteRowProblem } from './row.ts'
import { snappedScale, snapScales } from './snap.ts'
import type { LayerWeights } from './weight-indices.ts'
import type { WeightSet } from './weight-sets.ts'

/** All samples of a layer. */
export interface LayerData {
  readonly count: number
  /** [count × columns] */
  readonly inputs: Float32Array
  /** [count × rows] */
  readonly targets: Float64Array
}

/** The discrete weights of a layer: code · scale of the row. */
export interface DiscreteLayer {
  /** [rows × columns] */
  readonly codes: Int32Array
  /** [rows] */
  readonly scale: Float64Array
}

/** Finds a block's discrete rows. @param weights the model's weights of each row */
export type Method = (problems: readonly DiscreteRowProblem[], weights: readonly Float64Array[]) => DiscreteRow[]

export interface DiscretiseOptions {
  readonly method?: Method
  /** [rows] see `DiscreteRowProblem` */
  readonly shortcuts?: readonly (number | undefined)[]
}

/** The damping towards the model's weights, relative to the mean variance of the inputs, against overfitting to few samples. */
const relativeDamping = 0.02

/** Samples for each column from which the damping is at its least. */
const plentifulSamples = 4

/** For each row the best of the rows that ADMM, nearest plane and rounding find, after coordinate descent from each. */
export const byAdmm: Method = (problems, weights) => {
  const planes = nearestPlanes(problems, weights)
  const starts = [admm(problems), bestRoundings(weights, problems), ...(planes === undefined ? [] : [planes])]
  const descended = starts.map((rows) => coordinateDescent(rows, problems))
  return snapScales(bestOfEach(descended, problems), problems)
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
  const { rows, columns } = layer
  const codes = new Int32Array(rows * columns)
  const scale = new Float64Array(rows)
  const blocks = blocksOf(layer)
  // The blocks of a row must share its scale, which is therefore chosen first.
  const isDivided = new Set(blocks.flatMap((block) => block.rows)).size < sum(blocks.map((block) => block.rows.length))
  if (isDivided) scale.set(scalesOfWholeRows(layer, keep, set, shortcuts))
  /** [count × rows] targets, less the outputs of all blocks but the current one: discrete where they are found, else the model's */
  const targets = isDivided ? data.targets.slice() : data.targets
  if (isDivided)
    for (const block of blocks)
      addOutputs(targets, blockSamples(data, columns, block), rows, block, -1, blockWeights(layer, block))
  for (const block of blocks) {
    const samples = blockSamples(data, columns, block)
    const weights = blockWeights(layer, block)
    if (isDivided) addOutputs(targets, samples, rows, block, 1, weights)
    const width = block.columns.length
    const moments = momentsOf(block, samples, rows, targets)
    const hessian = withDiagonal(moments, dampingOf(moments, data.count))
    // As it was rounded when it was added to the diagonal.
    const damping = (hessian[0] ?? 0) - (moments.covariance[0] ?? 0)
    const rowWeights = block.rows.map((_, at) => weights.slice(at * width, (at + 1) * width))
    const problems = block.rows.map((row, at): DiscreteRowProblem => ({
      set,
      hessian,
      crossCovariance: elementAt(rowWeights, at).map(
        (weight, i) => moments.crossCovariance[at * width + i]! + damping * weight,
      ),
      keep: Uint8Array.from(block.columns, (column) => keep[row * columns + column]!),
      shortcut: shortcuts[row],
      ...(isDivided ? { scale: scale[row] } : {}),
    }))
    for (const [at, row] of method(problems, rowWeights).entries()) {
      scale[block.rows[at]!] = row.scale
      for (const [i, column] of block.columns.entries()) codes[block.rows[at]! * columns + column] = row.codes[i]!
      for (let i = 0; i < width; i++) weights[at * width + i] = row.codes[i]! * row.scale
    }
    if (isDivided) addOutputs(targets, samples, rows, block, -1, weights)
  }
  return { codes, scale }
}

/** [rows] A scale for each whole row: that of its projection, adapted to its shortcut. */
function scalesOfWholeRows(
  { rows, columns, values }: LayerWeights,
  keep: Uint8Array,
  set: WeightSet,
  shortcuts: readonly (number | undefined)[],
): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const [first, end] = [row * columns, (row + 1) * columns]
    const { scale } = bestProjection(values.subarray(first, end), keep.subarray(first, end), set)
    return snappedScale(scale, shortcuts[row], set)
  })
}

/** [rows × columns] of a block: the model's weights. */
function blockWeights({ columns, values }: LayerWeights, block: LayerBlock): Float64Array {
  const all = new Float64Array(block.rows.length * block.columns.length)
  let at = 0
  for (const row of block.rows) for (const column of block.columns) all[at++] = values[row * columns + column]!
  return all
}

/** [count × columns] of a block. */
interface BlockSamples {
  readonly count: number
  readonly values: Float32Array
}

function blockSamples({ count, inputs }: LayerData, columns: number, block: LayerBlock): BlockSamples {
  const width = block.columns.length
  if (width === columns) return { count, values: inputs }
  const values = new Float32Array(count * width)
  for (let sample = 0, at = 0; sample < count; sample++)
    for (let i = 0; i < width; i++) values[at++] = inputs[sample * columns + block.columns[i]!]!
  return { count, values }
}

/** Adds the outputs of a block's weights to outputs [count × rows], or subtracts them. */
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

function momentsOf(block: LayerBlock, { count, values }: BlockSamples, rows: number, targets: Float64Array): Moments {
  const [height, width] = [block.rows.length, block.columns.length]
  const moments = new MomentSum(height, width)
  const y = new Float64Array(height)
  for (let sample = 0; sample < count; sample++) {
    for (let at = 0; at < height; at++) y[at] = targets[sample * rows + block.rows[at]!]!
    moments.add(values.subarray(sample * width, (sample + 1) * width), y)
  }
  return moments.moments()
}

/** The damping of a block's Hessian; greater where samples are few. */
function dampingOf({ covariance, columns }: Moments, count: number): number {
  let variance = 0
  for (let i = 0; i < columns; i++) variance += covariance[i * (columns + 1)]!
  const factor = Math.max(1, (plentifulSamples * columns) / count)
  return (factor * relativeDamping * variance) / Math.max(1, columns) || 1e-12
}

function withDiagonal({ covariance, columns }: Moments, added: number): Float64Array {
  const result = covariance.slice()
  for (let i = 0; i < columns; i++) result[i * (columns + 1)]! += added
  return result
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
