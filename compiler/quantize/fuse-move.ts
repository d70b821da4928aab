// How operators that move values enter the plan: channels as views, which cost nothing; rows and columns as other windows of a sum's sources.

import { elementAt, elements } from '../../base/defined.ts'
import { geometriesPerBlock } from '../../isa/model/formats.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { padMode, padValue, padWidths } from '../graph/operators/pad.ts'
import { sliceRanges } from '../graph/operators/slice.ts'
import { splitLengths } from '../graph/operators/split.ts'
import { axisOf } from '../graph/operators/support.ts'
import type { FuseState } from './fuse-state.ts'
import { defineSum, defineVector, mayChangeRows } from './fuse-support.ts'
import { loweringError } from './lowering-errors.ts'
import { withName } from './node-names.ts'
import type { FloatSource } from './plan.ts'
import { gridOfParts, identity, strided, type Sum, withRows } from './sum.ts'
import { joinViews, pickChannels, type View } from './view.ts'

export function concat(state: FuseState, node: Node): void {
  const axis = axisOfMap(state, node, 1, 'joins')
  if (node.inputs.some((name) => state.constant(name) !== undefined))
    throw loweringError(
      node,
      'it joins a constant',
      'no part is constant',
      'fold the constant into the layer that reads it',
    )
  const views = node.inputs.map((name) => state.viewOf(name))
  if (axis === 1) state.defineView(elementAt(node.outputs, 0), joinViews(views))
  else joinPixels(state, node, views, axis)
}

/** Parts side by side are a sum in which each part is 0 where another lies: a layer that reads each part from its start. */
function joinPixels(state: FuseState, node: Node, views: readonly View[], axis: 2 | 3): void {
  if (views.length > geometriesPerBlock)
    throw loweringError(
      node,
      `it joins ${views.length} parts along axis ${axis}`,
      'along rows or columns, at most 4 parts meet',
      'join parts of them first',
    )
  let start = 0
  const sources = views.flatMap((view, at) => {
    const pads = axis === 2 ? ([start, 0] as const) : ([0, start] as const)
    const shape = state.shapeOf(elementAt(node.inputs, at))
    start += elementAt(shape, axis)
    return identity(view, node.name).sources.map((source) => ({ ...source, pads }))
  })
  defineSum(state, node, { ...identity(elementAt(views, 0), node.name), sources, ...gridOfParts(joinViews(views)) })
}

export function split(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const axis = axisOfMap(state, node, 0, 'cuts')
  const view = state.viewOf(input)
  const lengths = splitLengths(state.call(node))
  let first = 0
  for (const [at, name] of node.outputs.entries()) {
    const from = first
    first += elementAt(lengths, at)
    if (name === '') continue
    if (axis === 1) {
      state.defineView(
        name,
        pickChannels(
          view,
          range(first - from, (i) => from + i),
        ),
      )
      continue
    }
    const part = strided(identity(view, node.name), [1, 1], axis === 2 ? [from, 0] : [0, from])
    state.defineSum(name, { ...part, ...gridOfParts(view), nodes: withName(undefined, `${node.name}:${at}`) })
  }
}

/** The axis of a Concat or Split, which must be one of the three of a map. */
function axisOfMap(state: FuseState, node: Node, otherwise: number, does: string): 1 | 2 | 3 {
  const rank = state.shapeOf(elementAt(node.inputs, 0)).length
  const axis = (numberOf(node, 'axis', otherwise) + rank) % rank
  if (axis === 1 || (rank === 4 && (axis === 2 || axis === 3))) return axis
  throw loweringError(node, `it ${does} along axis ${axis}`, 'the axis is that of channels, rows or columns')
}

/** The middle of a channel shuffle: Reshape → Transpose → Reshape over groups of channels. */
export function transpose(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const [output] = elements(node.outputs, 1)
  const shape = state.shapeOf(input)
  const perm = numbersOf(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  if (perm.every((from, axis) => from === axis || (shape[from] === 1 && shape[axis] === 1)))
    return state.defineView(output, state.viewOf(input))
  if (shape.length !== 5 || perm.join() !== '0,2,1,3,4')
    throw loweringError(
      node,
      `it orders the axes of [${shape.join(',')}] as ${perm.join(',')}`,
      'it orders groups of channels, [1, groups, channels, height, width] by 0,2,1,3,4, or only axes of extent 1',
      'export the model with channels before rows and columns (NCHW)',
    )
  const [, groups, size] = elements(shape, 3)
  const order = range(groups * size, (i) => (i % groups) * size + Math.floor(i / groups))
  state.defineView(output, pickChannels(state.viewOf(input), order))
}

/** Flatten and Reshape keep the order of elements: a sum of one pixel stays a sum, and channels may be divided into groups. */
export function reshape(state: FuseState, node: Node): void {
  const [name] = elements(node.inputs, 1)
  const [result] = elements(node.outputs, 1)
  const [from, to] = [state.shapeOf(name), state.shapeOf(result)]
  if (Math.max(from.length, to.length) === 5 && pixelsOf(from) === pixelsOf(to) && from[0] === to[0])
    return state.defineView(result, state.viewOf(name))
  const sum = state.isVector(name) ? undefined : state.pending(name)
  const output = state.extents(result)
  const input = state.extents(name)
  const isSame = (['channels', 'height', 'width'] as const).every((extent) => input[extent] === output[extent])
  if (sum !== undefined && state.isPrivate(name) && isSame) return defineSum(state, node, sum)
  const vector = state.vectorOf(name)
  if (output.height * output.width !== 1)
    throw loweringError(
      node,
      `it makes [${output.channels},${output.height},${output.width}]`,
      'the result is a flat vector, or groups of channels of the same rows and columns',
      'cut the model before this node',
    )
  defineVector(state, node, vector)
}

export function slice(state: FuseState, node: Node): void {
  const spans = sliceRanges(state.call(node))
  const [, channels] = elements(spans, 2)
  const pixels = spans.slice(2)
  if (pixels.some(({ step }) => step < 1))
    throw loweringError(
      node,
      'it runs backwards over rows or columns',
      'steps over rows and columns are positive',
      'turn the weights around instead',
    )
  const [name] = elements(node.inputs, 1)
  const picked = Array.from({ length: channels.count }, (_, row) => channels.start + row * channels.step)
  const isWhole = pixels.every(({ start, step }, axis) => start === 0 && step === 1 && isFull(state, node, axis))
  const keepsRows = picked.length === state.extents(name).channels && channels.step === 1
  const isExtended =
    state.pending(name) !== undefined && state.isPrivate(name) && (keepsRows || mayChangeRows(state, name))
  if (isWhole && !isExtended)
    return state.defineView(elementAt(node.outputs, 0), pickChannels(state.viewOf(name), picked))
  const sum = isExtended ? state.sumOf(name, node, false) : sumOfMap(state, name, node)
  if (sum.mean !== undefined)
    throw loweringError(node, 'it reads a global average', 'the input is a map, not a global average')
  const pair = (of: 'start' | 'step', otherwise: number) =>
    [pixels[0]?.[of] ?? otherwise, pixels[1]?.[of] ?? otherwise] as const
  const rows = withRows(sum, channels.count, (row) => elementAt(picked, row))
  defineSum(state, node, strided(rows, pair('step', 1), pair('start', 0)))
}

/** Channels in any order; one may occur several times. */
export function gather(state: FuseState, node: Node): void {
  const [name, list] = elements(node.inputs, 2)
  const indices = state.constant(list)
  if (indices === undefined || indices.shape.length !== 1)
    throw loweringError(
      node,
      `its indices are ${indices === undefined ? 'computed' : `[${indices.shape.join(',')}]`}`,
      'the indices are a constant list',
    )
  const shape = state.shapeOf(name)
  const axis = axisOf(numberOf(node, 'axis', 0), shape.length)
  if (axis !== 1)
    throw loweringError(
      node,
      `it takes places of axis ${axis}`,
      'the axis is that of channels, unless the indices are evenly spaced',
    )
  const picked = Array.from(indices.data, (index) => axisOf(index, elementAt(shape, 1)) ?? 0)
  if (state.pending(name) === undefined || !state.isPrivate(name))
    return state.defineView(elementAt(node.outputs, 0), pickChannels(state.viewOf(name), picked))
  const sum = state.sumOf(name, node, false)
  defineSum(
    state,
    node,
    withRows(sum, picked.length, (row) => elementAt(picked, row)),
  )
}

/** Whether a Slice keeps all rows (axis 0) or columns (axis 1). */
function isFull(state: FuseState, node: Node, axis: number): boolean {
  return state.shapeOf(elementAt(node.inputs, 0))[2 + axis] === state.shapeOf(elementAt(node.outputs, 0))[2 + axis]
}

export function pad(state: FuseState, node: Node): void {
  const call = state.call(node)
  if (padMode(node) !== 'constant')
    throw loweringError(
      node,
      `it repeats what it borders on (mode '${padMode(node)}')`,
      'zeros are added to channels, rows and columns, and nothing is cut off',
      'train with zero padding, or let the host pad the image',
    )
  const [batch, channels, top = [0, 0], left = [0, 0]] = elements(padWidths(call) ?? [], 2)
  const widths = [batch, channels, top, left].flat()
  if (widths.some((width) => width < 0) || batch.some((width) => width > 0) || padValue(call) !== 0)
    throw loweringError(
      node,
      `it pads [${widths.join(',')}] with ${padValue(call)}`,
      'zeros are added to channels, rows and columns, and nothing is cut off',
    )
  const isSpatial = [...top, ...left].some((width) => width > 0)
  const [input] = elements(node.inputs, 1)
  const pending = state.pending(input)
  const isExtended =
    !isSpatial &&
    pending !== undefined &&
    pending.low <= 0 &&
    pending.high >= 0 &&
    pending.mean === undefined &&
    pending.grid?.rounding !== 'sign' &&
    mayChangeRows(state, input)
  const sum = isExtended ? state.sumOf(input, node, false) : sumOfMap(state, input, node)
  const rows = sum.bias.length + channels[0] + channels[1]
  const wide = withRows(sum, rows, (row) => row - channels[0])
  const padded = (source: FloatSource): FloatSource => ({ ...source, pads: [top[0], left[0]] })
  defineSum(state, node, isSpatial ? { ...wide, sources: wide.sources.map(padded) } : wide)
}

/** The value as the sum of a map, on the grid of that map. */
function sumOfMap(state: FuseState, name: string, node: Node): Sum {
  const view = state.viewOf(name)
  return { ...identity(view, node.name), ...gridOfParts(view) }
}

/** Rows and columns, of [1, channels, height, width] or [1, groups, channels, height, width]. */
const pixelsOf = (shape: readonly number[]): string => shape.slice(-2).join()

function range(count: number, each: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => each(i))
}
