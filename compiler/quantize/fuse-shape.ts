// How operators that move, take or pool pixels and channels enter the plan.

import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { padValue, padWidths } from '../graph/operators/pad.ts'
import { sliceSpans } from '../graph/operators/slice.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, open, refusal } from './fuse-support.ts'
import type { FloatSource } from './plan.ts'
import { diagonalRows } from './rows.ts'
import { identity, strided, withRows } from './sum.ts'

export function maxPool(state: FuseState, node: Node): void {
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
    output: { ...state.extents(node.outputs[0]), ...(map.grid === undefined ? {} : { grid: map.grid }) },
  })
}

export function averagePool(state: FuseState, node: Node): void {
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
    step: new Float64Array(map.channels).fill(1 / taps),
    dense: 0,
  }
  grow(state, node, { ...open, sources: [source], bias: new Float64Array(map.channels) })
}

/** Flatten and Reshape keep the order of elements; a sum of one pixel stays a sum. */
export function reshape(state: FuseState, node: Node): void {
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

export function slice(state: FuseState, node: Node): void {
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

export function pad(state: FuseState, node: Node): void {
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
