// Writes Slices in a row as one, with its four lists as constant inputs.

import { elementAt, elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Span, sliceSpans } from '../graph/operators/slice.ts'
import { sameShape, tensorOf } from '../graph/tensor.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

export const mergeSlices: Pass = {
  name: 'merge-slices',
  why: 'exporters slice one axis at a time, and a shortcut that takes every second pixel is one operation',
  run: (graph) => {
    const editor = new Editor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Slice') continue
      const [input] = elements(node.inputs, 1)
      const before = editor.privateProducer(input)
      if (before?.op === 'Slice') {
        const outer = sliceSpans(editor.call(node))
        const spans = sliceSpans(editor.call(before)).map((inner, axis) => composed(inner, elementAt(outer, axis)))
        editor.replace([before, node], [sliceNode(editor, node, elementAt(before.inputs, 0), spans)])
      } else if (!isNormal(editor, node)) {
        editor.replace([node], [sliceNode(editor, node, input, sliceSpans(editor.call(node)))])
      }
    }
    return editor.result()
  },
}

/** What a slice of a slice takes of the whole. */
function composed(inner: Span, outer: Span): Span {
  return { start: inner.start + outer.start * inner.step, step: inner.step * outer.step, count: outer.count }
}

/** A Slice that takes the spans, one for each axis, its four lists as constants. */
export function sliceNode(editor: Editor, node: Node, input: string, spans: readonly Span[]): Node {
  const { shape } = editor.type(input)
  const axes = changedAxes(shape, spans)
  const list = (suffix: string, values: readonly number[]) =>
    editor.define(`${node.name}.${suffix}`, tensorOf('int64', values, [values.length]))
  const lists = [
    list(
      'starts',
      axes.map((axis) => elementAt(spans, axis).start),
    ),
    list(
      'ends',
      axes.map((axis) => endOf(elementAt(spans, axis), elementAt(shape, axis))),
    ),
    list('axes', axes),
    list(
      'steps',
      axes.map((axis) => elementAt(spans, axis).step),
    ),
  ]
  return { ...node, inputs: [input, ...lists], attributes: {} }
}

/** The axes of which not everything is taken in order. */
function changedAxes(shape: readonly number[], spans: readonly Span[]): number[] {
  return shape.flatMap((extent, axis) => {
    const { start, step, count } = elementAt(spans, axis)
    return start === 0 && step === 1 && count === extent ? [] : [axis]
  })
}

/** One past the last element taken; before the first element that is less than -extent. */
function endOf({ start, step, count }: Span, extent: number): number {
  if (count === 0) return start
  const end = start + (count - 1) * step + Math.sign(step)
  return end < 0 ? -extent - 1 : end
}

function isNormal(editor: Editor, node: Node): boolean {
  if (node.inputs.length !== 5 || node.inputs.slice(1).some((name) => editor.constant(name) === undefined)) return false
  const axes = Array.from(editor.constant(node.inputs[3])?.data ?? [])
  return sameShape(axes, changedAxes(editor.type(elementAt(node.inputs, 0)).shape, sliceSpans(editor.call(node))))
}
