// Computes once what does not depend on the inputs of the graph.

import { analyse, callOf, canEvaluate, knownOperator } from '../graph/infer-types.ts'
import { type Tensor, type ValueType, sizeOf } from '../graph/tensor.ts'
import { workOf } from '../graph/work.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

/** The most that one run does (elements read and made, multiplications); what is beyond stays a node. */
const maximumWork = 2 ** 27
/** The most elements of values that are larger than what they are made of: a few bytes of a file can ask for them. */
const maximumGrownElements = 2 ** 20

export const foldConstants: Pass = {
  name: 'fold-constants',
  why: 'exporters compute shapes, pads and axes by chains of nodes that only look dynamic',
  rewrites: ['Constant', 'ConstantOfShape', 'Range', 'Shape', 'Size', 'Gather', 'Expand', 'Equal', 'Where'],
  run: (graph) => {
    const editor = new Editor(graph)
    const { types } = analyse(graph)
    const values = new Map<string, Tensor>(graph.constants)
    let work = maximumWork
    let grown = maximumGrownElements
    for (const node of graph.nodes) {
      const operator = knownOperator(node)
      const call = callOf(node, { types, values })
      if (!canEvaluate(operator, call)) continue
      const outputs = node.outputs.flatMap((name) => types.get(name) ?? [])
      const made = elements(outputs)
      // The value of a Constant stands in the file.
      const growth = node.op !== 'Constant' && made > elements(call.types) ? made : 0
      const needed = workOf(call, outputs)
      if (needed > work || growth > grown) continue
      work -= needed
      grown -= growth
      const results = operator.evaluate(call)
      const named = node.outputs.flatMap((name, at) => (name === '' ? [] : [[name, results[at]] as const]))
      for (const [name, value] of named) values.set(name, value)
      editor.fold(node, new Map(named))
    }
    return editor.result()
  },
}

function elements(types: readonly (ValueType | undefined)[]): number {
  return types.reduce((sum, type) => sum + sizeOf(type?.shape ?? [0]), 0)
}
