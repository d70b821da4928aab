// What each operator of a simplified graph adds to the plan; what is not listed here cannot be lowered.

import { elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { channelAffine } from '../graph/operators/normalization.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { Tensor } from '../graph/tensor.ts'
import { boundsOn, gridDomain, isNarrower, isWithin } from '../graph/operators/grid.ts'
import { quantize, weights } from './fuse-grid.ts'
import { hardSigmoid, leakyRelu, prelu } from './fuse-activation.ts'
import { concat, reshape, split, transpose } from './fuse-channels.ts'
import { averagePool, gather, maxPool, pad, slice } from './fuse-shape.ts'
import type { FuseState } from './fuse-state.ts'
import { biasOf, define, grow, open, perChannel, refusal, stepsOf, sumToChange, weightsOf } from './fuse-support.ts'
import { type LoweredOperator, refusedOperators } from './lowering-limits.ts'
import type { FloatRows, FloatSource } from './plan.ts'
import { convolutionRows, matrixRows, outlineRows } from './rows.ts'
import { affine, clamped, identity, needed } from './sum.ts'
import { gridAfter, mayLeaveOut, nothing } from './summands.ts'
import { viewSources } from './view.ts'

type Rule = (state: FuseState, node: Node) => void

const rules: Readonly<Record<LoweredOperator, Rule>> = {
  Conv: convolution,
  Gemm: gemm,
  Add: (state, node) => combine(state, node, 1),
  Sub: (state, node) => combine(state, node, -1),
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
    define(state, node, { map: state.mapOf(elementAt(node.inputs, 0)), isMean: true }),
  Flatten: reshape,
  Reshape: reshape,
  Slice: slice,
  Gather: gather,
  Pad: pad,
  Concat: concat,
  Split: split,
  Transpose: transpose,
}

/** The operators of a quantised graph's normal form. */
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
  const weights = state.givenWeights(elementAt(node.inputs, 1))?.codes ?? weightsOf(state, node)
  const [rows, ownChannels, height, width] = elements(weights.shape, 4)
  const step = stepsOf(state, node, 0, rows)
  const groups = numberOf(node, 'group', 1)
  const bias = biasOf(state, node, rows)
  const rowsOf = (channels: number, taps: number, parts: number): FloatRows =>
    state.isOutline
      ? outlineRows(rows, channels * taps, step)
      : convolutionRows(weights.data, rows, channels, taps, parts, step)
  const [from] = elements(node.inputs, 1)
  const vector = height * width * groups === 1 && state.isVector(from) ? state.vectorOf(from) : undefined
  if (vector?.isMean === true) return product(state, node, rowsOf(ownChannels, 1, 1), step, bias)
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
    step,
  } as const
  const matrix = rowsOf(input.channels, height * width, groups)
  grow(state, node, { ...open, sources: viewSources(view, matrix, window, weights.size), bias })
}

function gemm(state: FuseState, node: Node): void {
  if (numberOf(node, 'transA', 0) !== 0) throw refusal(node, 'its first input is transposed', 'transA is 0')
  const weights = weightsOf(state, node)
  const transposed = numberOf(node, 'transB', 0) !== 0
  const [rows, columns] = elements(transposed ? weights.shape : weights.shape.toReversed(), 2)
  const beta = numberOf(node, 'beta', 1)
  const bias = biasOf(state, node, rows).map((value) => value * beta)
  const alpha = numberOf(node, 'alpha', 1)
  const step = stepsOf(state, node, transposed ? 0 : 1, rows)?.map((value) => value * Math.abs(alpha))
  const matrix = state.isOutline
    ? outlineRows(rows, columns, step)
    : matrixRows(weights.data, rows, columns, transposed, alpha)
  product(state, node, matrix, step, bias)
}

/** A matrix times a vector: over a mean, or with a kernel as large as the map. */
function product(
  state: FuseState,
  node: Node,
  weights: FloatSource['weights'],
  step: FloatSource['step'],
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
    step,
    dense: weights.rows * weights.columns,
  }
  grow(state, node, { ...open, sources: [source], bias, mean: isMean ? { height, width } : undefined })
}

/** Add and Sub: of a constant per channel, or of two values. */
function combine(state: FuseState, node: Node, sign: 1 | -1): void {
  const [a, b] = elements(node.inputs, 2)
  const [output] = elements(node.outputs, 1)
  const [left, right] = [state.constant(a), state.constant(b)]
  const constant = right ?? left
  if (constant !== undefined) {
    const { channels } = state.extents(output)
    const offsets = perChannel(state, node, constant)
    const factor = left !== undefined ? sign : 1
    const value = right === undefined ? b : a
    const sum = factor === 1 ? state.sumOf(value, node, true) : sumToChange(state, value, node)
    const offset = offsets.map((value) => (left !== undefined ? value : sign * value))
    return grow(state, node, affine(sum, new Array<number>(channels).fill(factor), offset))
  }
  const shape = state.extents(a)
  const others = [b, output].map((name) => state.extents(name))
  if (
    others.some(
      ({ channels, height, width }) => channels !== shape.channels || height !== shape.height || width !== shape.width,
    )
  )
    throw refusal(node, 'its inputs have different shapes', 'both inputs have one shape, or one of them is constant')
  if (sign === 1) return grow(state, node, state.addSums([a, b], node))
  const first = identity(state.viewOf(a), node.name)
  const second = identity(state.viewOf(b), node.name)
  const rows = shape.channels
  const negative = affine(second, new Array<number>(rows).fill(-1), new Array<number>(rows).fill(0))
  grow(state, node, { ...first, sources: [...first.sources, ...negative.sources].map(needed) })
}

function scale(state: FuseState, node: Node, factorOf: (value: number) => number): void {
  const [a, b] = elements(node.inputs, 2)
  const [left, right] = [state.constant(a), state.constant(b)]
  const factor = right ?? (node.op === 'Mul' ? left : undefined)
  if (factor === undefined)
    throw refusal(
      node,
      'two computed values meet',
      node.op === 'Div' ? 'the divisor is constant' : 'one factor is constant',
      'cut the model before this node',
    )
  const factors = perChannel(state, node, factor).map(factorOf)
  if (!factors.every(Number.isFinite))
    throw refusal(node, 'a factor is not finite', 'what each channel is multiplied by is finite')
  const sum = sumToChange(state, right === undefined ? b : a, node)
  grow(state, node, affine(sum, factors, new Array<number>(factors.length).fill(0)))
}

/** One that no convolution took up: an affine map of each channel. */
function batchNorm(state: FuseState, node: Node): void {
  const parameters = node.inputs.slice(1).map((name) => state.constant(name))
  if (parameters.some((each) => each === undefined))
    throw refusal(node, 'its parameters are computed', 'scale, shift, mean and variance are constant')
  const { factor, offset } = channelAffine(parameters as Tensor[], numberOf(node, 'epsilon', 1e-5))
  if (![...factor, ...offset].every(Number.isFinite))
    throw refusal(node, 'a factor is not finite', 'what each channel is multiplied by is finite')
  grow(state, node, affine(sumToChange(state, elementAt(node.inputs, 0), node), [...factor], [...offset]))
}

/** Bounds in front of a grid do what bounds behind it do only where they are values of it, or where the result is rounded to its steps again. */
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
  const isLeftOut = after !== undefined && mayLeaveOut(state, sum, after, nothing(sum.bias.length))
  const commutes = kind === 'onGrid' || isRounded || isLeftOut
  grow(state, node, clamped(commutes ? sum : identity(state.viewOf(input), node.name), low, high))
}
