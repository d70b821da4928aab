// Rewrites a Clip from 0 upward as Relu.

import { elementAt } from '../../base/defined.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const clipToRelu: Pass = {
  name: 'clip-to-relu',
  why: 'one activation has one form',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Clip') continue
      const call = editor.call(node)
      if (call.types.some((type, at) => at > 0 && type !== undefined && call.values[at] === undefined)) continue
      const [least, greatest] = clipBounds(call)
      if (least === 0 && greatest === Infinity)
        editor.replace([node], [{ ...node, op: 'Relu', inputs: [elementAt(node.inputs, 0)], attributes: {} }])
    }
    return editor.result()
  },
}
