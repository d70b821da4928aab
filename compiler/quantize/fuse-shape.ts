// How operators that move, take or pool pixels and channels enter the plan.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { padMode, padValue, padWidths } from '../graph/operators/pad.ts'
import { sliceSpans } from '../graph/operators/slice.ts'
import { axisOf } from '../graph/operators/support.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, mayChange, open, refusal } from './fuse-support.ts'
import type { FloatSource } from './plan.ts'
import { diagonalRows } from './rows.ts'
import { gridOfParts, identity, strided, type Sum, withRows } from './sum.ts'
import { pickChannels, viewSources, wholeMap } from './view.ts'

/** Every map of the view is pooled for itself. */
export function maxPool(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const view = state.viewOf(input)
  const { channels, height, width } = state.extents(input)
  const window = windowOf(node, [1, channels, height, width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  if (window.dilations[0] !== 1 || window.dilations[1] !== 1)
    throw refusal(node, 'its window is dilated', 'dilations are 1')
  if (node.outputs.length > 1 && node.outputs[1] !== '')
    throw refusal(node, 'its indices are read', 'only the first output is read')
  const output = state.extents(elementAt(node.outputs, 0))
  const isOne = wholeMap(view) !== undefined
  const pooled = view.maps.map((map, at) => {
    const own = map.grid === undefined ? output : { ...output, grid: map.grid }
    const part = isOne ? own : { ...own, name: `${output.name}:${at}`, channels: map.channels }
    state.addPool({
      kind: 'maxPool',
      name: isOne ? node.name : `${node.name}:${at}`,
      nodes: [node.name],
      source: map.name,
      kernel: window.kernel,
      stride: window.strides,
      pads: window.before,
      output: part,
    })
    return part
  })
  if (!isOne) state.defineView(elementAt(node.outputs, 0), { ...view, maps: pooled })
}

export function averagePool(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const { channels, height, width } = state.extents(input)
  const window = windowOf(node, [1, channels, height, width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  const { kernel, output, before, after } = window
  const padded = [...before, ...after].some((pad) => pad > 0)
  const plain = window.dilations.every((dilation) => dilation === 1)
  if (plain && !padded && output[0] * output[1] === 1 && kernel[0] === height && kernel[1] === width)
    return define(state, node, { map: state.mapOf(input), isMean: true })
  const counted =
    numberOf(node, 'count_include_pad', 0) !== 0 &&
    window.after.every((pad, axis) => pad === window.declaredAfter[axis])
  if (padded && !counted)
    throw refusal(
      node,
      'windows at the border average fewer pixels',
      'no window reaches into padding, unless count_include_pad is 1 and pads declare it',
      'set count_include_pad to 1 before training: then windows at the border are divided by their whole size',
    )
  const taps = kernel[0] * kernel[1]
  const shape = { kernel, stride: window.strides, pads: before, dilation: window.dilations } as const
  const sources = viewSources(
    state.viewOf(input),
    diagonalRows(channels, channels, taps, 1 / taps),
    { role: 'main', node: node.name, ...shape, step: new Float64Array(channels).fill(1 / taps), needed: 1 / taps },
    0,
  )
  grow(state, node, { ...open, sources, bias: new Float64Array(channels) })
}

export function slice(state: FuseState, node: Node): void {
  const spans = sliceSpans(state.call(node))
  const [, channels] = elements(spans, 2)
  const pixels = spans.slice(2)
  if (pixels.some(({ step }) => step < 1))
    throw refusal(
      node,
      'it runs backwards over rows or columns',
      'steps over rows and columns are positive',
      'turn the weights around instead',
    )
  const [name] = elements(node.inputs, 1)
  const taken = Array.from({ length: channels.count }, (_, row) => channels.start + row * channels.step)
  const isWhole = pixels.every(({ start, step }, axis) => start === 0 && step === 1 && isFull(state, node, axis))
  const keepsRows = taken.length === state.extents(name).channels && channels.step === 1
  const grows = state.pending(name) !== undefined && state.isPrivate(name) && (keepsRows || mayChange(state, name))
  if (isWhole && !grows) return state.defineView(elementAt(node.outputs, 0), pickChannels(state.viewOf(name), taken))
  const sum = grows ? state.sumOf(name, node, false) : moved(state, name, node)
  if (sum.mean !== undefined)
    throw refusal(node, 'it reads a global average', 'the input is a map, not a global average')
  const pair = (of: 'start' | 'step', otherwise: number) =>
    [pixels[0]?.[of] ?? otherwise, pixels[1]?.[of] ?? otherwise] as const
  const rows = withRows(sum, channels.count, (row) => elementAt(taken, row))
  grow(state, node, strided(rows, pair('step', 1), pair('start', 0)))
}

/** Channels in any order, also some of them several times. */
export function gather(state: FuseState, node: Node): void {
  const [name, list] = elements(node.inputs, 2)
  const indices = state.constant(list)
  if (indices === undefined || indices.shape.length !== 1)
    throw refusal(
      node,
      `its indices are ${indices === undefined ? 'computed' : `[${indices.shape.join(',')}]`}`,
      'the indices are a constant list',
    )
  const shape = state.shapeOf(name)
  const axis = axisOf(numberOf(node, 'axis', 0), shape.length)
  if (axis !== 1)
    throw refusal(
      node,
      `it takes places of axis ${axis}`,
      'the axis is that of channels, unless the indices are evenly spaced',
    )
  const taken = Array.from(indices.data, (index) => axisOf(index, elementAt(shape, 1)) ?? 0)
  if (state.pending(name) === undefined || !state.isPrivate(name))
    return state.defineView(elementAt(node.outputs, 0), pickChannels(state.viewOf(name), taken))
  const sum = state.sumOf(name, node, false)
  grow(
    state,
    node,
    withRows(sum, taken.length, (row) => elementAt(taken, row)),
  )
}

/** Whether a Slice keeps all rows (axis 0) or columns (axis 1). */
function isFull(state: FuseState, node: Node, axis: number): boolean {
  return state.shapeOf(elementAt(node.inputs, 0))[2 + axis] === state.shapeOf(elementAt(node.outputs, 0))[2 + axis]
}

export function pad(state: FuseState, node: Node): void {
  const call = state.call(node)
  if (padMode(node) !== 'constant')
    throw refusal(
      node,
      `it repeats what it borders on (mode '${padMode(node)}')`,
      'zeros are added to channels, rows and columns, and nothing is cut off',
      'train with zero padding, or let the host pad the image',
    )
  const [batch, channels, top = [0, 0], left = [0, 0]] = elements(padWidths(call) ?? [], 2)
  const widths = [batch, channels, top, left].flat()
  if (widths.some((width) => width < 0) || batch.some((width) => width > 0) || padValue(call) !== 0)
    throw refusal(
      node,
      `it pads [${widths.join(',')}] with ${padValue(call)}`,
      'zeros are added to channels, rows and columns, and nothing is cut off',
    )
  const isSpatial = [...top, ...left].some((width) => width > 0)
  const [input] = elements(node.inputs, 1)
  const kept = state.pending(input)
  const mayStay =
    !isSpatial &&
    kept !== undefined &&
    kept.low <= 0 &&
    kept.high >= 0 &&
    kept.mean === undefined &&
    kept.grid?.rounding !== 'sign'
  const sum = mayStay && mayChange(state, input) ? state.sumOf(input, node, false) : moved(state, input, node)
  const rows = sum.bias.length + channels[0] + channels[1]
  const wide = withRows(sum, rows, (row) => row - channels[0])
  const move = (source: FloatSource): FloatSource => ({ ...source, pads: [top[0], left[0]] })
  grow(state, node, isSpatial ? { ...wide, sources: wide.sources.map(move) } : wide)
}

/** The value itself, to be taken to other places. */
function moved(state: FuseState, name: string, node: Node): Sum {
  const view = state.viewOf(name)
  return { ...identity(view, node.name), ...gridOfParts(view) }
}
