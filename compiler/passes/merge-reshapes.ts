// Merges consecutive operators that keep the order of elements into one Reshape.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { permutationOf } from '../graph/operators/rearrange.ts'
import { tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

const reshapes = ['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']

export const mergeReshapes: Pass = {
  name: 'merge-reshapes',
  why: 'converters change shapes in several steps, some of which transpose axes of extent 1',
  rewrites: ['Squeeze', 'Unsqueeze', 'Reshape', 'Transpose'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const before = reshapes.includes(node.op) ? editor.producer(elementAt(node.inputs, 0)) : undefined
      if (before === undefined || !keepsOrder(editor, before)) continue
      const { shape } = editor.type(elementAt(node.outputs, 0))
      const list = editor.addConstant(`${node.name}.shape`, tensorOf('int64', shape, [shape.length]))
      editor.replace(
        [node],
        [{ ...node, op: 'Reshape', inputs: [elementAt(before.inputs, 0), list], attributes: { allowzero: 1 } }],
      )
    }
    return editor.result()
  },
}

/** True if the elements of the node's output have the order of its input. */
function keepsOrder(editor: GraphEditor, node: Node): boolean {
  if (node.op !== 'Transpose') return reshapes.includes(node.op)
  const { shape } = editor.type(elementAt(node.inputs, 0))
  const long = permutationOf(editor.call(node)).filter((axis) => shape[axis] !== 1)
  return long.every((axis, at) => at === 0 || axis > elementAt(long, at - 1))
}
