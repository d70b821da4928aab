// What each operator of a simplified graph adds to the plan; what is not listed here cannot be lowered.

import { DlpError } from '../../isa/error.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { padValue, padWidths } from '../graph/operators/pad.ts'
import { sliceSpans } from '../graph/operators/slice.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { FuseState } from './fuse-state.ts'
import type { FloatSource } from './plan.ts'
import { convolutionRows, diagonalRows, matrixRows } from './rows.ts'
import { affine, clamped, identity, strided, type Sum, withRows } from './sum.ts'

type Rule = (state: FuseState, node: Node) => void

const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  Gemm: gemm,
  Add: (state, node) => combine(state, node, 1),
  Sub: (state, node) => combine(state, node, -1),
  Mul: (state, node) => scale(state, node, (factor) => factor),
  Div: (state, node) => scale(state, node, (factor) => 1 / factor),
  Relu: (state, node) => clamp(state, node, 0, Infinity),
  Clip: (state, node) => clamp(state, node, ...clipBounds(state.call(node))),
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (state, node) => define(state, node, { map: state.mapOf(node.inputs[0]), isMean: true }),
  Flatten: reshape,
  Reshape: reshape,
  Slice: slice,
  Pad: pad,
}

/** The operators that a layer can hold. */
export const loweredOperators: readonly string[] = Object.keys(rules)

/**
 * Adds a node to the plan.
 *
 * @throws DlpError if no layer can hold it
 */
export function fuseNode(state: FuseState, node: Node): void {
  const rule = node.domain === undefined && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined
  if (rule === undefined)
    throw refusal(
      node,
      'no layer of the machine does this',
      loweredOperators.join(', '),
      'cut the model before this node and run the rest outside',
    )
  rule(state, node)
}

function convolution(state: FuseState, node: Node): void {
  const weights = weightsOf(state, node)
  const [rows, , height, width] = weights.shape
  const groups = numberOf(node, 'group', 1)
  const bias = biasOf(state, node, rows)
  const vector = height * width === 1 && groups === 1 ? state.vectorOf(node.inputs[0]) : undefined
  if (vector?.isMean === true)
    return product(state, node, matrixRows(weights.data, rows, weights.shape[1], true, 1), bias)
  const map = state.mapOf(node.inputs[0])
  const window = windowOf(node, [1, map.channels, map.height, map.width], [height, width])
  const source: FloatSource = {
    map: map.name,
    role: 'main',
    node: node.name,
    kernel: window.kernel,
    stride: window.strides,
    pads: window.before,
    dilation: window.dilations,
    weights: convolutionRows(weights.data, rows, map.channels, height * width, groups),
    dense: weights.size,
  }
  grow(state, node, { ...open, sources: [source], bias })
}

function gemm(state: FuseState, node: Node): void {
  if (numberOf(node, 'transA', 0) !== 0) throw refusal(node, 'its first input is transposed', 'transA = 0')
  const weights = weightsOf(state, node)
  const transposed = numberOf(node, 'transB', 0) !== 0
  const [rows, columns] = transposed ? weights.shape : [weights.shape[1], weights.shape[0]]
  const beta = numberOf(node, 'beta', 1)
  const bias = biasOf(state, node, rows).map((value) => value * beta)
  product(state, node, matrixRows(weights.data, rows, columns, transposed, numberOf(node, 'alpha', 1)), bias)
}

/** A matrix times a vector: over a mean, or with a kernel as large as the map. */
function product(state: FuseState, node: Node, weights: FloatSource['weights'], bias: Float64Array): void {
  const { map, isMean } = state.vectorOf(node.inputs[0])
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
    dense: weights.rows * weights.columns,
  }
  grow(state, node, { ...open, sources: [source], bias, mean: isMean ? { height, width } : undefined })
}

/** Add and Sub: of a constant per channel, or of two values. */
function combine(state: FuseState, node: Node, sign: 1 | -1): void {
  const [a, b] = node.inputs
  const [left, right] = [state.constant(a), state.constant(b)]
  if (left !== undefined || right !== undefined) {
    const channels = state.extents(node.outputs[0]).channels
    const offsets = perChannel(state, node, (right ?? left) as Tensor)
    const factor = left !== undefined ? sign : 1
    const sum = state.sumOf(right === undefined ? b : a, node, true)
    const offset = offsets.map((value) => (left !== undefined ? value : sign * value))
    return grow(state, node, affine(sum, new Array<number>(channels).fill(factor), offset))
  }
  const shapes = [a, b, node.outputs[0]].map((name) => state.extents(name))
  if (
    shapes.some(
      ({ channels, height, width }) =>
        channels !== shapes[0].channels || height !== shapes[0].height || width !== shapes[0].width,
    )
  )
    throw refusal(node, 'its inputs have different shapes', 'inputs of one shape, or a constant per channel')
  if (sign === 1) return grow(state, node, state.addSums([a, b], node))
  const [first, second] = [a, b].map((name) => identity(state.mapOf(name), node.name))
  const rows = shapes[0].channels
  const negative = affine(second, new Array<number>(rows).fill(-1), new Array<number>(rows).fill(0))
  grow(state, node, { ...first, sources: [...first.sources, ...negative.sources] })
}

function scale(state: FuseState, node: Node, factorOf: (value: number) => number): void {
  const [a, b] = node.inputs
  const [left, right] = [state.constant(a), state.constant(b)]
  const factor = right ?? (node.op === 'Mul' ? left : undefined)
  if (factor === undefined)
    throw refusal(node, 'two computed values meet', 'a constant per channel', 'cut the model before this node')
  const factors = perChannel(state, node, factor).map(factorOf)
  if (!factors.every(Number.isFinite)) throw refusal(node, 'a factor is not finite', 'finite factors')
  const sum = state.sumOf(right === undefined ? b : a, node, true)
  grow(state, node, affine(sum, factors, new Array<number>(factors.length).fill(0)))
}

function clamp(state: FuseState, node: Node, low: number, high: number): void {
  grow(state, node, clamped(state.sumOf(node.inputs[0], node, false), low, high))
}

function maxPool(state: FuseState, node: Node): void {
  const map = state.mapOf(node.inputs[0])
  const window = windowOf(node, [1, map.channels, map.height, map.width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  if (window.dilations[0] !== 1 || window.dilations[1] !== 1)
    throw refusal(node, 'its window is dilated', 'dilations 1')
  if (node.outputs.length > 1 && node.outputs[1] !== '') throw refusal(node, 'its indices are read', 'one output')
  state.addPool({
    kind: 'maxPool',
    name: node.name,
    nodes: [node.name],
    source: map.name,
    kernel: window.kernel,
    stride: window.strides,
    pads: window.before,
    output: state.extents(node.outputs[0]),
  })
}

function averagePool(state: FuseState, node: Node): void {
  const map = state.mapOf(node.inputs[0])
  const window = windowOf(node, [1, map.channels, map.height, map.width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  const { kernel, output, before, after } = window
  const padded = [...before, ...after].some((width) => width > 0)
  const plain = window.dilations.every((dilation) => dilation === 1)
  if (plain && !padded && output[0] * output[1] === 1 && kernel[0] === map.height && kernel[1] === map.width)
    return define(state, node, { map, isMean: true })
  const counted =
    numberOf(node, 'count_include_pad', 0) !== 0 &&
    window.after.every((width, axis) => width === window.declaredAfter[axis])
  if (padded && !counted)
    throw refusal(node, 'windows at the border average fewer pixels', 'no padding, or count_include_pad = 1')
  const taps = kernel[0] * kernel[1]
  const source: FloatSource = {
    map: map.name,
    role: 'main',
    node: node.name,
    kernel,
    stride: window.strides,
    pads: before,
    dilation: window.dilations,
    weights: diagonalRows(map.channels, map.channels, taps, 1 / taps),
    dense: 0,
  }
  grow(state, node, { ...open, sources: [source], bias: new Float64Array(map.channels) })
}

/** Flatten and Reshape keep the order of elements; a sum of one pixel stays a sum. */
function reshape(state: FuseState, node: Node): void {
  const [name] = node.inputs
  const sum = state.isVector(name) ? undefined : state.pending(name)
  const output = state.extents(node.outputs[0])
  const input = state.extents(name)
  if (sum !== undefined && state.isPrivate(name) && input.channels === output.channels) return grow(state, node, sum)
  const vector = state.vectorOf(name)
  const isFlat = output.height * output.width === 1
  if (!isFlat)
    throw refusal(
      node,
      `it makes [${output.channels},${output.height},${output.width}]`,
      'a flat vector',
      'cut the model before this node',
    )
  define(state, node, vector)
}

function slice(state: FuseState, node: Node): void {
  const [, channels, ...pixels] = sliceSpans(state.call(node))
  if (pixels.some(({ start, step }) => start !== 0 || step < 1))
    throw refusal(node, 'it starts inside the map, or runs backwards', 'spatial starts of 0 and positive steps')
  const sum = state.sumOf(node.inputs[0], node, false)
  if (sum.mean !== undefined) throw refusal(node, 'it reads a global average', 'a map')
  const [rows, columns] = [pixels[0]?.step ?? 1, pixels[1]?.step ?? 1]
  grow(
    state,
    node,
    strided(
      withRows(sum, channels.count, (row) => channels.start + row * channels.step),
      [rows, columns],
    ),
  )
}

function pad(state: FuseState, node: Node): void {
  const call = state.call(node)
  const [batch, channels, top = [0, 0], left = [0, 0]] = padWidths(call) ?? []
  const widths = [batch, channels, top, left].flat()
  if (widths.some((width) => width < 0) || batch.some((width) => width > 0) || padValue(call) !== 0)
    throw refusal(node, `it pads [${widths.join(',')}] with ${padValue(call)}`, 'zeros around channels and pixels')
  const isSpatial = [...top, ...left].some((width) => width > 0)
  const kept = state.pending(node.inputs[0])
  const mayStay = !isSpatial && kept !== undefined && kept.low <= 0 && kept.high >= 0 && kept.mean === undefined
  const sum = mayStay ? state.sumOf(node.inputs[0], node, false) : identity(state.mapOf(node.inputs[0]), node.name)
  const rows = sum.bias.length + channels[0] + channels[1]
  const wide = withRows(sum, rows, (row) => row - channels[0])
  const move = (source: FloatSource): FloatSource => ({ ...source, pads: [top[0], left[0]] })
  grow(state, node, isSpatial ? { ...wide, sources: wide.sources.map(move) } : wide)
}

const open = { low: -Infinity, high: Infinity, nodes: [] as readonly string[] } as const

function grow(state: FuseState, node: Node, sum: Sum): void {
  state.defineSum(node.outputs[0], { ...sum, nodes: [...sum.nodes, node.name] })
}

function define(state: FuseState, node: Node, vector: Parameters<FuseState['defineVector']>[1]): void {
  state.defineVector(node.outputs[0], vector)
}

function weightsOf(state: FuseState, node: Node): Tensor {
  const weights = state.constant(node.inputs[1])
  if (weights === undefined) throw refusal(node, 'its weights are computed', 'constant weights', 'fold constants first')
  return weights
}

function biasOf(state: FuseState, node: Node, rows: number): Float64Array {
  const name = node.inputs[2] ?? ''
  if (name === '') return new Float64Array(rows)
  const bias = state.constant(name)
  if (bias === undefined) throw refusal(node, 'its bias is computed', 'a constant bias')
  return Float64Array.from({ length: rows }, (_, row) => bias.data[bias.size === 1 ? 0 : row])
}

/** A constant as one number per channel of the node's output. */
function perChannel(state: FuseState, node: Node, constant: Tensor): number[] {
  const output = state.extents(node.outputs[0])
  const rank = output.height * output.width === 1 && constant.shape.length <= 2 ? 2 : 4
  const shape = [...new Array<number>(Math.max(0, rank - constant.shape.length)).fill(1), ...constant.shape]
  const fits = shape.every((extent, axis) => extent === 1 || (axis === 1 && extent === output.channels))
  if (!fits)
    throw refusal(node, `its constant has the shape [${constant.shape.join(',')}]`, 'one number, or one per channel')
  return Array.from({ length: output.channels }, (_, channel) => constant.data[constant.size === 1 ? 0 : channel])
}

function refusal(node: Node, what: string, allowed: string, help?: string): DlpError {
  return new DlpError({
    where: `node '${node.name}' (${node.op})`,
    what,
    allowed,
    help: help ?? 'change the model before its export',
  })
}
