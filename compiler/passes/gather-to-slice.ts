// Rewrites a Gather of evenly spaced indices as a Slice, and one of a scalar index as a Slice and a Reshape.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import type { SliceRange } from '../graph/operators/slice.ts'
import { axisOf } from '../graph/operators/support.ts'
import { tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import { sliceNode } from './merge-slices.ts'
import type { Pass } from './pass.ts'

export const gatherToSlice: Pass = {
  name: 'gather-to-slice',
  why: 'frameworks select ranges of channels with lists of indices; layers read ranges',
  rewrites: ['Gather'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) if (node.op === 'Gather') rewrite(editor, node)
    return editor.result()
  },
}

function rewrite(editor: GraphEditor, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const { shape } = editor.type(input)
  const indices = editor.call(node).values[1]
  const axis = axisOf(numberOf(node, 'axis', 0), shape.length) ?? 0
  if (indices === undefined || indices.shape.length > 1) return
  const range = rangeOf(Array.from(indices.data, (index) => axisOf(index, elementAt(shape, axis)) ?? 0))
  if (range === undefined) return
  const ranges = shape.map((extent, at) => (at === axis ? range : { start: 0, step: 1, count: extent }))
  const slice = { ...sliceNode(editor, node, input, ranges), op: 'Slice' }
  if (indices.shape.length === 1) return editor.replace([node], [slice])
  const [part, name] = [editor.fresh(`${node.name}.part`), editor.fresh(`${node.name}.squeezed`)]
  const rest = editor.type(elementAt(node.outputs, 0)).shape
  const list = editor.addConstant(`${node.name}.shape`, tensorOf('int64', rest, [rest.length]))
  editor.replace(
    [node],
    [
      { ...slice, outputs: [part] },
      { name, op: 'Reshape', inputs: [part, list], outputs: node.outputs, attributes: { allowzero: 1 } },
    ],
  )
}

/** Indices as a range of an axis; undefined if they are not evenly spaced, or if there are none. */
function rangeOf(indices: readonly number[]): SliceRange | undefined {
  const [start, second] = indices
  if (start === undefined) return undefined
  const step = second === undefined ? 1 : second - start
  const isEven = step !== 0 && indices.every((index, at) => index === start + at * step)
  return isEven ? { start, step, count: indices.length } : undefined
}
