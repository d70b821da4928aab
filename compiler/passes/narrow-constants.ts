// Reduces constants that are equal along an axis to one slice of it, where arithmetic broadcasts it.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { broadcastShape } from '../graph/operators/broadcast.ts'
import { elementTypeOf, sameShape, sizeOf, type Tensor, zeros } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

/** Operators that broadcast extents of 1. */
export const broadcasting: readonly string[] = ['Add', 'Sub', 'Mul', 'Div', 'PRelu', 'Max', 'Min', 'Sum']

export const narrowConstants: Pass = {
  name: 'narrow-constants',
  why: 'exporters expand a scalar or a row to a whole map; a layer has one constant for each channel',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (!broadcasting.includes(node.op)) continue
      // One after the other, since the last full-size constant may determine the shape of the result.
      const shapes = node.inputs.map((name) => editor.type(name).shape)
      const inputs = node.inputs.map((name, at) => narrowed(editor, node, shapes, at) ?? name)
      if (inputs.some((name, at) => name !== node.inputs[at])) editor.replace([node], [{ ...node, inputs }])
    }
    return editor.result()
  },
}

/**
 * The name of a smaller constant; undefined if the constant cannot be reduced, or if it determines the shape of the result.
 *
 * @param shapes of all inputs; updated with that of the smaller constant
 */
function narrowed(editor: GraphEditor, node: Node, shapes: (readonly number[])[], at: number): string | undefined {
  const name = node.inputs[at]
  const constant = editor.constant(name)
  // A scalar, or a constant for each slice of one axis, is supported as it is.
  if (constant === undefined || constant.shape.filter((extent) => extent > 1).length < 2) return undefined
  let less = constant
  constant.shape.forEach((_, axis) => (less = withoutRepeats(less, axis)))
  if (less.size === constant.size) return undefined
  const left = shapes.with(at, less.shape)
  const shape = left.reduce<readonly number[] | undefined>((all, each) => all && broadcastShape(all, each), [])
  if (shape === undefined || !sameShape(shape, editor.type(elementAt(node.outputs, 0)).shape)) return undefined
  shapes[at] = less.shape
  return editor.addConstant(`${name}.once`, less)
}

/** The tensor with an axis reduced to extent 1 if all slices along it are equal. */
function withoutRepeats(value: Tensor, axis: number): Tensor {
  const { data, shape } = value
  const run = sizeOf(shape.slice(axis + 1))
  const block = run * elementAt(shape, axis)
  for (let start = 0; start < data.length; start += block)
    for (let at = start + run; at < start + block; at++) if (!Object.is(data[at], data[at - run])) return value
  const once = zeros(
    elementTypeOf(value),
    shape.map((extent, each) => (each === axis ? Math.min(1, extent) : extent)),
  )
  for (let start = 0, to = 0; start < data.length; start += block, to += run)
    once.data.set(data.subarray(start, start + run), to)
  return once
}
