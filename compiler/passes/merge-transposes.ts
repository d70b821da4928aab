// Merges two consecutive Transposes into one.

import { elementAt, elements } from '../../base/defined.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'
import { transposedBy, transposeNode } from './transposes.ts'

export const mergeTransposes: Pass = {
  name: 'merge-transposes',
  why: 'converters of channels-last networks put transposes around every convolution; adjacent ones cancel each other',
  rewrites: ['Transpose'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const [output] = elements(node.outputs, 1)
      const outer = node.op === 'Transpose' ? transposedBy(editor, output) : undefined
      const inner = outer && transposedBy(editor, outer.input)
      if (outer === undefined || inner === undefined) continue
      const order = outer.order.map((axis) => elementAt(inner.order, axis))
      editor.replace([node], [transposeNode(node.name, inner.input, output, order)])
    }
    return editor.result()
  },
}
