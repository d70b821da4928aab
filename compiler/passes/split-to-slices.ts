// Writes a Split as one Slice for each part that is read.

import { splitAxis, splitLengths } from '../graph/operators/split.ts'
import { Editor } from './editor.ts'
import { sliceNode } from './merge-slices.ts'
import type { Pass } from './pass.ts'

export const splitToSlices: Pass = {
  name: 'split-to-slices',
  why: 'a part of the channels has one form, whoever else reads the rest',
  rewrites: ['Split'],
  run: (graph) => {
    const editor = new Editor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Split') continue
      const call = editor.call(node)
      const { shape } = editor.type(node.inputs[0])
      let start = 0
      const slices = splitLengths(call).flatMap((count, part) => {
        const spans = shape.map((extent, axis) => axis === splitAxis(call) ? { start, step: 1, count } : { start: 0, step: 1, count: extent }) // prettier-ignore
        start += count
        const output = node.outputs[part]
        if (output === '' || !editor.isRead(output)) return []
        const named = { ...node, name: editor.fresh(`${node.name}.part`), op: 'Slice', outputs: [output] }
        return [sliceNode(editor, named, node.inputs[0], spans)]
      })
      editor.replace([node], slices)
    }
    return editor.result()
  },
}
