// How operators that only rename channels enter the plan: as views, which their readers' columns absorb.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { splitLengths } from '../graph/operators/split.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, refusal } from './fuse-support.ts'
import { withName } from './node-names.ts'
import { gridOfParts, identity, strided } from './sum.ts'
import { joinViews, pickChannels, type View } from './view.ts'

export function concat(state: FuseState, node: Node): void {
  const axis = axisOfMap(state, node, 1, 'joins')
  if (node.inputs.some((name) => state.constant(name) !== undefined))
    throw refusal(node, 'it joins a constant', 'no part is constant', 'fold the constant into the layer that reads it')
  const views = node.inputs.map((name) => state.viewOf(name))
  if (axis === 1) state.defineView(elementAt(node.outputs, 0), joinViews(views))
  else joinPixels(state, node, views, axis)
}

/** Parts side by side are a sum in which each is 0 where another lies: a layer that reads each from where it starts. */
function joinPixels(state: FuseState, node: Node, views: readonly View[], axis: 2 | 3): void {
  if (views.length > mostParts)
    throw refusal(
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
  grow(state, node, { ...identity(elementAt(views, 0), node.name), sources, ...gridOfParts(joinViews(views)) })
}

/** A table names four kinds of windows. */
const mostParts = 4

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

/** The axis of a Concat or Split, which is one of the three that a map has. */
function axisOfMap(state: FuseState, node: Node, otherwise: number, does: string): 1 | 2 | 3 {
  const rank = state.shapeOf(elementAt(node.inputs, 0)).length
  const axis = (numberOf(node, 'axis', otherwise) + rank) % rank
  if (axis === 1 || (rank === 4 && (axis === 2 || axis === 3))) return axis
  throw refusal(node, `it ${does} along axis ${axis}`, 'the axis is that of channels, rows or columns')
}

/** Reshape → Transpose → Reshape over groups of channels is how networks shuffle them. */
export function transpose(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const [output] = elements(node.outputs, 1)
  const shape = state.shapeOf(input)
  const perm = numbersOf(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  if (perm.every((from, axis) => from === axis || (shape[from] === 1 && shape[axis] === 1)))
    return state.defineView(output, state.viewOf(input))
  if (shape.length !== 5 || perm.join() !== '0,2,1,3,4')
    throw refusal(
      node,
      `it orders the axes of [${shape.join(',')}] as ${perm.join(',')}`,
      'it orders groups of channels, [1, groups, channels, height, width] by 0,2,1,3,4, or only axes of extent 1',
      'export the model with channels before rows and columns (NCHW)',
    )
  const [, groups, size] = elements(shape, 3)
  const order = range(groups * size, (i) => (i % groups) * size + Math.floor(i / groups))
  state.defineView(output, pickChannels(state.viewOf(input), order))
}

/** Flatten and Reshape keep the order of elements; a sum of one pixel stays a sum, channels may fall into groups. */
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
  if (sum !== undefined && state.isPrivate(name) && isSame) return grow(state, node, sum)
  const vector = state.vectorOf(name)
  if (output.height * output.width !== 1)
    throw refusal(
      node,
      `it makes [${output.channels},${output.height},${output.width}]`,
      'the result is a flat vector, or groups of channels of the same rows and columns',
      'cut the model before this node',
    )
  define(state, node, vector)
}

/** Rows and columns, of [1, channels, height, width] or [1, groups, channels, height, width]. */
const pixelsOf = (shape: readonly number[]): string => shape.slice(-2).join()

function range(count: number, each: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => each(i))
}
