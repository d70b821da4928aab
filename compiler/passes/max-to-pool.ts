// Rewrites a maximum over whole maps (GlobalMaxPool, ReduceMax) as MaxPool.

import { elementAt, elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { reducedAxes } from '../graph/operators/reduce.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const maxToPool: Pass = {
  name: 'max-to-pool',
  why: 'the machine computes maxima over windows only',
  rewrites: ['GlobalMaxPool', 'ReduceMax'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes)
      if (isGlobal(editor, node)) {
        const [input] = elements(node.inputs, 1)
        const { shape } = editor.type(input)
        const pool: Node = { ...node, op: 'MaxPool', inputs: [input], attributes: { kernel_shape: shape.slice(2) } }
        const isPool = editor.meetsConstraints(pool)
        if (isPool) editor.replace([node], flattened(editor, pool))
      }
    return editor.result()
  },
}

function isGlobal(editor: GraphEditor, node: Node): boolean {
  if (node.op !== 'GlobalMaxPool' && node.op !== 'ReduceMax') return false
  if (editor.type(elementAt(node.inputs, 0)).shape.length !== 4) return false
  return node.op === 'GlobalMaxPool' || reducedAxes(editor.call(node))?.join() === '2,3'
}

/** The pool, followed by a Flatten if the replaced value has no spatial axes. */
export function flattened(editor: GraphEditor, pool: Node): Node[] {
  if (editor.type(elementAt(pool.outputs, 0)).shape.length === 4) return [pool]
  const value = editor.fresh(`${pool.name}_pooled`)
  const name = editor.fresh(`${pool.name}_flat`)
  return [
    { ...pool, outputs: [value] },
    { name, op: 'Flatten', inputs: [value], outputs: pool.outputs, attributes: { axis: 1 } },
  ]
}
