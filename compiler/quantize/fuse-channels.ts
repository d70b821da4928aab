// How operators that only rename channels enter the plan: as views, which their readers' columns absorb.

import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, refusal } from './fuse-support.ts'
import { joinViews, pickChannels } from './view.ts'

export function concat(state: FuseState, node: Node): void {
  const rank = state.shapeOf(node.inputs[0]).length
  const axis = (numberOf(node, 'axis', 1) + rank) % rank
  if (axis !== 1)
    throw refusal(node, `it joins along axis ${axis}`, 'channels, axis 1', 'pad the parts with zeros and add them')
  if (node.inputs.some((name) => state.constant(name) !== undefined))
    throw refusal(node, 'it joins a constant', 'computed maps', 'fold the constant into the layer that reads it')
  state.defineView(node.outputs[0], joinViews(node.inputs.map((name) => state.viewOf(name))))
}

export function split(state: FuseState, node: Node): void {
  const rank = state.shapeOf(node.inputs[0]).length
  const axis = (numberOf(node, 'axis', 0) + rank) % rank
  if (axis !== 1) throw refusal(node, `it cuts along axis ${axis}`, 'channels, axis 1', 'use a Slice for each part')
  const view = state.viewOf(node.inputs[0])
  let first = 0
  for (const name of node.outputs) {
    const from = first
    first += state.shapeOf(name)[1]
    if (name !== '')
      state.defineView(name, pickChannels(view, range(first - from, (i) => from + i))) // prettier-ignore
  }
}

/** Reshape → Transpose → Reshape over groups of channels is how networks shuffle them. */
export function transpose(state: FuseState, node: Node): void {
  const shape = state.shapeOf(node.inputs[0])
  const perm = numbersOf(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  if (perm.every((from, axis) => from === axis || (shape[from] === 1 && shape[axis] === 1)))
    return state.defineView(node.outputs[0], state.viewOf(node.inputs[0]))
  if (shape.length !== 5 || perm.join() !== '0,2,1,3,4')
    throw refusal(
      node,
      `it orders the axes of [${shape.join(',')}] as ${perm.join(',')}`,
      'groups of channels: [1, groups, channels, height, width] by 0,2,1,3,4',
      'export the model with channels before rows and columns (NCHW)',
    )
  const [, groups, size] = shape
  const order = range(groups * size, (i) => (i % groups) * size + Math.floor(i / groups))
  state.defineView(node.outputs[0], pickChannels(state.viewOf(node.inputs[0]), order))
}

/** Flatten and Reshape keep the order of elements; a sum of one pixel stays a sum, channels may fall into groups. */
export function reshape(state: FuseState, node: Node): void {
  const [name] = node.inputs
  const [from, to] = [state.shapeOf(name), state.shapeOf(node.outputs[0])]
  if (Math.max(from.length, to.length) === 5 && pixelsOf(from) === pixelsOf(to) && from[0] === to[0])
    return state.defineView(node.outputs[0], state.viewOf(name))
  const sum = state.isVector(name) ? undefined : state.pending(name)
  const output = state.extents(node.outputs[0])
  const input = state.extents(name)
  if (sum !== undefined && state.isPrivate(name) && input.channels === output.channels) return grow(state, node, sum)
  const vector = state.vectorOf(name)
  if (output.height * output.width !== 1)
    throw refusal(
      node,
      `it makes [${output.channels},${output.height},${output.width}]`,
      'a flat vector, or groups of channels',
      'cut the model before this node',
    )
  define(state, node, vector)
}

/** Rows and columns, of [1, channels, height, width] or [1, groups, channels, height, width]. */
const pixelsOf = (shape: readonly number[]): string => shape.slice(-2).join()

function range(count: number, each: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => each(i))
}
