// Rewrites a Sum of several values as Adds of two.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const sumToAdd: Pass = {
  name: 'sum-to-add',
  why: 'shortcuts have one form, and a layer adds two values at a time',
  rewrites: ['Sum'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes)
      if (node.op === 'Sum' && node.inputs.length > 1) editor.replace([node], adds(editor, node))
    return editor.result()
  },
}

function adds(editor: GraphEditor, node: Node): Node[] {
  const nodes: Node[] = []
  let sum = elementAt(node.inputs, 0)
  node.inputs.slice(1).forEach((input, at) => {
    const isLast = at === node.inputs.length - 2
    const output = isLast ? elementAt(node.outputs, 0) : editor.fresh(`${node.name}.sum`)
    nodes.push({
      name: isLast ? node.name : output,
      op: 'Add',
      inputs: [sum, input],
      outputs: [output],
      attributes: {},
    })
    sum = output
  })
  return nodes
}
