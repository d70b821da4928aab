// Rewrites every Reshape, Squeeze or Flatten to [batch, all other elements] as Flatten with axis 1.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import { sizeOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const reshapeToFlatten: Pass = {
  name: 'reshape-to-flatten',
  why: 'the conversion of maps to a vector has one form, without an input for the shape',
  rewrites: ['Squeeze', 'Reshape'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (!['Reshape', 'Squeeze', 'Flatten'].includes(node.op)) continue
      const [input] = elements(node.inputs, 1)
      const [from, to] = [editor.type(input).shape, editor.type(elementAt(node.outputs, 0)).shape]
      const flattens = from.length > 2 && to.length === 2 && to[0] === from[0] && to[1] === sizeOf(from.slice(1))
      if (!flattens || (node.op === 'Flatten' && numberOf(node, 'axis', 0) === 1)) continue
      editor.replace([node], [{ ...node, op: 'Flatten', inputs: [input], attributes: { axis: 1 } }])
    }
    return editor.result()
  },
}
