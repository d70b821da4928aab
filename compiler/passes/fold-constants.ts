// Computes once what does not depend on the inputs of the graph.

import { analyse, callOf, canEvaluate, knownOperator } from '../graph/infer-types.ts'
import { type Tensor, sizeOf } from '../graph/tensor.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

/** The most elements that one run computes (256 MiB of float32); what is beyond stays a node. */
const maximumFoldedElements = 2 ** 26

export const foldConstants: Pass = {
  name: 'fold-constants',
  why: 'exporters compute shapes, pads and axes by chains of nodes that only look dynamic',
  rewrites: ['Constant', 'ConstantOfShape', 'Range', 'Shape', 'Size', 'Gather', 'Expand', 'Equal', 'Where'],
  run: (graph) => {
    const editor = new Editor(graph)
    const { types } = analyse(graph)
    const values = new Map<string, Tensor>(graph.constants)
    let left = maximumFoldedElements
    for (const node of graph.nodes) {
      const operator = knownOperator(node)
      const call = callOf(node, { types, values })
      left -= canEvaluate(operator, call)
        ? node.outputs.reduce((sum, name) => sum + sizeOf(types.get(name)?.shape ?? []), 0)
        : 0
      if (!canEvaluate(operator, call) || left < 0) continue
      const results = operator.evaluate(call)
      const named = node.outputs.flatMap((name, at) => (name === '' ? [] : [[name, results[at]] as const]))
      for (const [name, value] of named) values.set(name, value)
      editor.fold(node, new Map(named))
    }
    return editor.result()
  },
}
