// Folds a Transpose of dequantised weights into the integer weights.

import { defined, elementAt, elements } from '../../../base/defined.ts'
import { numberOf, numbersOf } from '../../graph/attributes.ts'
import type { Graph, Node } from '../../graph/graph.ts'
import { producers } from '../../graph/graph.ts'
import { callOf } from '../../graph/infer-types.ts'
import { isWeights } from '../../graph/operators/grid.ts'
import { transpose } from '../../graph/operators/rearrange.ts'
import { type Tensor, typeOf } from '../../graph/tensor.ts'
import type { Pass } from '../pass.ts'
import { rewritten } from './weights.ts'

export const transposeWeights: Pass = {
  name: 'transpose-weights',
  why: 'exporters store a matrix in the order of the training framework and transpose it at run time',
  run: (graph) => {
    const makers = producers(graph)
    const constants: (readonly [string, Tensor])[] = []
    let changed = false
    const nodes = graph.nodes.map((node) => {
      const weights = node.op === 'Transpose' ? makers.get(elementAt(node.inputs, 0)) : undefined
      if (!isWeights(weights)) return node
      changed = true
      return transposed(graph, node, weights, constants)
    })
    return changed ? rewritten(graph, nodes, constants) : graph
  },
}

function transposed(graph: Graph, node: Node, weights: Node, constants: (readonly [string, Tensor])[]): Node {
  const [codesName, scaleName] = elements(weights.inputs, 2)
  const codes = defined(graph.constants.get(codesName))
  const types = new Map([['codes', typeOf(codes)]])
  const call = callOf({ ...node, inputs: ['codes'] }, { types, values: new Map([['codes', codes]]) })
  const [result] = elements(transpose.evaluate(call), 1)
  const order = numbersOf(node, 'perm') ?? codes.shape.map((_, axis) => codes.shape.length - 1 - axis)
  const name = `${node.name}.codes`
  constants.push([name, result])
  const axis = order.indexOf(numberOf(weights, 'axis', 0))
  return { ...weights, name: node.name, inputs: [name, scaleName], outputs: node.outputs, attributes: { axis } }
}
