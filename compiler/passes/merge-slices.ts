// Merges consecutive Slices into one, with its four lists as constant inputs.

import { elementAt, elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type SliceRange, sliceRanges } from '../graph/operators/slice.ts'
import { sameShape, tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const mergeSlices: Pass = {
  name: 'merge-slices',
  why: 'exporters slice one axis at a time; a shortcut of every second pixel is one operation',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Slice') continue
      const [input] = elements(node.inputs, 1)
      const before = editor.singleUseProducer(input)
      if (before?.op === 'Slice') {
        const outer = sliceRanges(editor.call(node))
        const ranges = sliceRanges(editor.call(before)).map((inner, axis) => composed(inner, elementAt(outer, axis)))
        editor.replace([before, node], [sliceNode(editor, node, elementAt(before.inputs, 0), ranges)])
      } else if (!isNormal(editor, node)) {
        editor.replace([node], [sliceNode(editor, node, input, sliceRanges(editor.call(node)))])
      }
    }
    return editor.result()
  },
}

/** The range of the whole that a slice of a slice selects. */
function composed(inner: SliceRange, outer: SliceRange): SliceRange {
  return { start: inner.start + outer.start * inner.step, step: inner.step * outer.step, count: outer.count }
}

/** A Slice of the ranges, one for each axis, with its four lists as constants. */
export function sliceNode(editor: GraphEditor, node: Node, input: string, ranges: readonly SliceRange[]): Node {
  const { shape } = editor.type(input)
  const axes = changedAxes(shape, ranges)
  const list = (suffix: string, values: readonly number[]) =>
    editor.addConstant(`${node.name}.${suffix}`, tensorOf('int64', values, [values.length]))
  const lists = [
    list(
      'starts',
      axes.map((axis) => elementAt(ranges, axis).start),
    ),
    list(
      'ends',
      axes.map((axis) => endOf(elementAt(ranges, axis), elementAt(shape, axis))),
    ),
    list('axes', axes),
    list(
      'steps',
      axes.map((axis) => elementAt(ranges, axis).step),
    ),
  ]
  return { ...node, inputs: [input, ...lists], attributes: {} }
}

/** The axes whose ranges are not the whole axis in order. */
function changedAxes(shape: readonly number[], ranges: readonly SliceRange[]): number[] {
  return shape.flatMap((extent, axis) => {
    const { start, step, count } = elementAt(ranges, axis)
    return start === 0 && step === 1 && count === extent ? [] : [axis]
  })
}

/** The exclusive end of a range; one before the first element is -extent - 1. */
function endOf({ start, step, count }: SliceRange, extent: number): number {
  if (count === 0) return start
  const end = start + (count - 1) * step + Math.sign(step)
  return end < 0 ? -extent - 1 : end
}

function isNormal(editor: GraphEditor, node: Node): boolean {
  if (node.inputs.length !== 5 || node.inputs.slice(1).some((name) => editor.constant(name) === undefined)) return false
  const axes = Array.from(editor.constant(node.inputs[3])?.data ?? [])
  return sameShape(axes, changedAxes(editor.type(elementAt(node.inputs, 0)).shape, sliceRanges(editor.call(node))))
}
