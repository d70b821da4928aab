// Constant folding: evaluates nodes that do not depend on the inputs of the graph.

import { analyse, callOf, canEvaluate, requireOperator } from '../graph/infer-types.ts'
import type { Tensor } from '../graph/tensor.ts'
import { Budget } from '../graph/work.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

/** The budget of one run; nodes that exceed it are not folded. */
const runBudget = { work: 2 ** 27, grown: 2 ** 20 } as const

export const foldConstants: Pass = {
  name: 'fold-constants',
  why: 'exporters compute shapes, pads and axes by chains of nodes, although they are static',
  rewrites: ['Constant', 'ConstantOfShape', 'Range', 'Shape', 'Size', 'Gather', 'Expand', 'Equal', 'Where'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    const { types, values: known } = analyse(graph)
    const values = new Map<string, Tensor>(graph.constants)
    const budget = new Budget(runBudget)
    for (const node of graph.nodes) {
      const operator = requireOperator(node)
      const call = callOf(node, { types, values })
      if (!canEvaluate(operator, call)) continue
      const outputs = node.outputs.flatMap((name) => types.get(name) ?? [])
      // Values that types depend on were computed during type inference, with a separate budget.
      const made = node.outputs.map((name) => known.get(name))
      const isKnown = node.outputs.every((name, at) => name === '' || made[at] !== undefined)
      if (!isKnown && !budget.allows(operator, call, outputs)) continue
      const results = isKnown ? made : operator.evaluate(call)
      const named = node.outputs.flatMap((name, at) => (name === '' ? [] : [[name, results[at] as Tensor] as const]))
      for (const [name, value] of named) values.set(name, value)
      editor.fold(node, new Map(named))
    }
    return editor.result()
  },
}
