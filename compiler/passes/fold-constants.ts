// Computes once what does not depend on the inputs of the graph.

import { analyse, callOf, canEvaluate, knownOperator } from '../graph/infer-types.ts'
import type { Tensor } from '../graph/tensor.ts'
import { Budget } from '../graph/work.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

/** The most that one run does; what exceeds it stays a node. */
const runBudget = { work: 2 ** 27, grown: 2 ** 20 } as const

export const foldConstants: Pass = {
  name: 'fold-constants',
  why: 'exporters compute shapes, pads and axes by chains of nodes that only look dynamic',
  rewrites: ['Constant', 'ConstantOfShape', 'Range', 'Shape', 'Size', 'Gather', 'Expand', 'Equal', 'Where'],
  run: (graph) => {
    const editor = new Editor(graph)
    const { types, values: known } = analyse(graph)
    const values = new Map<string, Tensor>(graph.constants)
    const budget = new Budget(runBudget)
    for (const node of graph.nodes) {
      const operator = knownOperator(node)
      const call = callOf(node, { types, values })
      if (!canEvaluate(operator, call)) continue
      const outputs = node.outputs.flatMap((name) => types.get(name) ?? [])
      // What types depend on was computed when they were inferred, within a budget of its own.
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
