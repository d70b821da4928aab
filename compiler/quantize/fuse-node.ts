// The rules of the fuser, one for each operator of a simplified graph, and those for products and clamps; other operators cannot be lowered.

import { elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { boundsOn, gridDomain, isNarrower, isWithin } from '../graph/operators/grid.ts'
import { channelAffine } from '../graph/operators/normalization.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { Tensor } from '../graph/tensor.ts'
import { hardSigmoid, leakyRelu, prelu } from './fuse-activation.ts'
import { addOrSubtract } from './fuse-add.ts'
import { quantize, weights } from './fuse-grid.ts'
import { concat, gather, pad, reshape, slice, split, transpose } from './fuse-move.ts'
import { averagePool, maxPool } from './fuse-pool.ts'
import { gridAfter, mayLeaveOut, zeroRanges } from './fuse-rounding.ts'
import type { FuseState } from './fuse-state.ts'
import {
  biasOf,
  defineSum,
  defineVector,
  perChannel,
  sumToScale,
  unbounded,
  weightScalesOf,
  weightsOf,
} from './fuse-support.ts'
import { type LoweredOperator, refusedOperators } from './lowering-constraints.ts'
import { loweringError } from './lowering-errors.ts'
import type { FloatRows, FloatSource } from './plan.ts'
import { convolutionRows, matrixRows, outlineRows } from './rows.ts'
import { affine, clamped, identity } from './sum.ts'
import { viewSources } from './view.ts'

/** Defines what a node's outputs are; see `FuseState`. */
type Rule = (state: FuseState, node: Node) => void

const rules: Readonly<Record<LoweredOperator, Rule>> = {
  Conv: convolution,
  Gemm: gemm,
  Add: (state, node) => addOrSubtract(state, node, 1),
  Sub: (state, node) => addOrSubtract(state, node, -1),
  Mul: (state, node) => scale(state, node, (factor) => factor),
  Div: (state, node) => scale(state, node, (factor) => 1 / factor),
  BatchNormalization: batchNorm,
  Relu: (state, node) => clamp(state, node, 0, Infinity),
  LeakyRelu: leakyRelu,
  PRelu: prelu,
  HardSigmoid: hardSigmoid,
  Clip: (state, node) => clamp(state, node, ...clipBounds(state.call(node))),
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (state, node) =>
    defineVector(state, node, { map: state.mapOf(elementAt(node.inputs, 0)), isMean: true }),
  Flatten: reshape,
  Reshape: reshape,
  Slice: slice,
  Gather: gather,
  Pad: pad,
  Concat: concat,
  Split: split,
  Transpose: transpose,
}

/** The two operators of the dlp domain, which the normal form of a quantised graph adds. */
const gridRules: Readonly<Record<string, Rule>> = { Quantize: quantize, Weights: weights }

/** The operators that a layer can hold. */
export const loweredOperators: readonly string[] = Object.keys(rules)

/**
 * Adds a node to the plan.
 *
 * @throws DlpError if no layer can hold it
 */
export function fuseNode(state: FuseState, node: Node): void {
  const table: Readonly<Record<string, Rule>> =
    node.domain === gridDomain ? gridRules : node.domain === undefined ? rules : {}
  const rule = Object.hasOwn(table, node.op) ? table[node.op] : undefined
  if (rule === undefined)
    throw new DlpError({
      where: `node '${node.name}' (${node.op})`,
      what: 'no layer of the machine does this',
      allowed: loweredOperators.join(', '),
      help:
        (Object.hasOwn(refusedOperators, node.op) ? refusedOperators[node.op] : undefined) ??
        'cut the model before this node and run the rest outside; dlp ops lists what each operator may be',
    })
  rule(state, node)
}

function convolution(state: FuseState, node: Node): void {
  const weights = state.quantisedWeights(elementAt(node.inputs, 1))?.codes ?? weightsOf(state, node)
  const [rows, ownChannels, height, width] = elements(weights.shape, 4)
  const weightScale = weightScalesOf(state, node, 0, rows)
  const groups = numberOf(node, 'group', 1)
  const bias = biasOf(state, node, rows)
  const rowsOf = (channels: number, taps: number, inGroups: number): FloatRows =>
    state.isOutline
      ? outlineRows(rows, channels * taps, weightScale)
      : convolutionRows(weights.data, rows, channels, taps, inGroups, weightScale)
  const [from] = elements(node.inputs, 1)
  const vector = height * width * groups === 1 && state.isVector(from) ? state.vectorOf(from) : undefined
  if (vector?.isMean === true) return product(state, node, rowsOf(ownChannels, 1, 1), weightScale, bias)
  const view = state.viewOf(from)
  const input = state.extents(from)
  const { kernel, strides, before, dilations } = windowOf(
    node,
    [1, input.channels, input.height, input.width],
    [height, width],
  )
  const window = {
    role: 'main',
    node: node.name,
    kernel,
    stride: strides,
    pads: before,
    dilation: dilations,
    weightScale,
  } as const
  const matrix = rowsOf(input.channels, height * width, groups)
  defineSum(state, node, { ...unbounded, sources: viewSources(view, matrix, window, weights.size), bias })
}

function gemm(state: FuseState, node: Node): void {
  if (numberOf(node, 'transA', 0) !== 0) throw loweringError(node, 'its first input is transposed', 'transA is 0')
  const weights = weightsOf(state, node)
  const transposed = numberOf(node, 'transB', 0) !== 0
  const [rows, columns] = elements(transposed ? weights.shape : weights.shape.toReversed(), 2)
  const beta = numberOf(node, 'beta', 1)
  const bias = biasOf(state, node, rows).map((value) => value * beta)
  const alpha = numberOf(node, 'alpha', 1)
  const weightScale = weightScalesOf(state, node, transposed ? 0 : 1, rows)?.map((value) => value * Math.abs(alpha))
  const matrix = state.isOutline
    ? outlineRows(rows, columns, weightScale)
    : matrixRows(weights.data, rows, columns, transposed, alpha)
  product(state, node, matrix, weightScale, bias)
}

/** A matrix times a vector: over the means of the map's channels, or as a kernel of the map's size. */
function product(
  state: FuseState,
  node: Node,
  weights: FloatSource['weights'],
  weightScale: FloatSource['weightScale'],
  bias: Float64Array,
): void {
  const { map, isMean } = state.vectorOf(elementAt(node.inputs, 0))
  const { height, width } = map
  const kernel = isMean ? ([1, 1] as const) : ([height, width] as const)
  const source: FloatSource = {
    map: map.name,
    role: 'main',
    node: node.name,
    kernel,
    stride: [1, 1],
    pads: [0, 0],
    dilation: [1, 1],
    weights,
    weightScale,
    dense: weights.rows * weights.columns,
  }
  defineSum(state, node, { ...unbounded, sources: [source], bias, mean: isMean ? { height, width } : undefined })
}

function scale(state: FuseState, node: Node, factorOf: (value: number) => number): void {
  const [a, b] = elements(node.inputs, 2)
  const [left, right] = [state.constant(a), state.constant(b)]
  const factor = right ?? (node.op === 'Mul' ? left : undefined)
  if (factor === undefined)
    throw loweringError(
      node,
      'two computed values meet',
      node.op === 'Div' ? 'the divisor is constant' : 'one factor is constant',
      'cut the model before this node',
    )
  const factors = perChannel(state, node, factor).map(factorOf)
  if (!factors.every(Number.isFinite))
    throw loweringError(node, 'a factor is not finite', 'what each channel is multiplied by is finite')
  const sum = sumToScale(state, right === undefined ? b : a, node)
  defineSum(state, node, affine(sum, factors, new Array<number>(factors.length).fill(0)))
}

/** A batch norm that is not folded into a convolution: a factor and an offset for each channel. */
function batchNorm(state: FuseState, node: Node): void {
  const parameters = node.inputs.slice(1).map((name) => state.constant(name))
  if (parameters.some((each) => each === undefined))
    throw loweringError(node, 'its parameters are computed', 'scale, shift, mean and variance are constant')
  const { factor, offset } = channelAffine(parameters as Tensor[], numberOf(node, 'epsilon', 1e-5))
  if (![...factor, ...offset].every(Number.isFinite))
    throw loweringError(node, 'a factor is not finite', 'what each channel is multiplied by is finite')
  defineSum(state, node, affine(sumToScale(state, elementAt(node.inputs, 0), node), [...factor], [...offset]))
}

/**
 * A clamp that follows a rounding joins its layer, which clamps first, only where the order makes no difference: the bounds are values of the grid,
 * the result is rounded to the same scale again, or the rounding may be left out. Else the rounded value becomes a map.
 */
function clamp(state: FuseState, node: Node, low: number, high: number): void {
  const [input] = elements(node.inputs, 1)
  const sum = state.sumOf(input, node, false)
  const { grid } = sum
  const after = grid === undefined ? undefined : gridAfter(state, node)
  const kind = grid === undefined ? 'onGrid' : boundsOn(grid, low, high)
  const isRounded =
    grid !== undefined &&
    after !== undefined &&
    kind === 'offGrid' &&
    (isNarrower(after, grid) || isWithin(grid, after))
  const isLeftOut = after !== undefined && mayLeaveOut(state, sum, after, zeroRanges(sum.bias.length))
  const commutes = kind === 'onGrid' || isRounded || isLeftOut
  defineSum(state, node, clamped(commutes ? sum : identity(state.viewOf(input), node.name), low, high))
}
