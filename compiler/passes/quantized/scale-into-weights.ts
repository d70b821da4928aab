// Folds a constant factor of a product's input into the scale of its weights.

import { defined, elementAt, elements } from '../../../base/defined.ts'
import { type Graph, type Node, producers } from '../../graph/graph.ts'
import { isWeights } from '../../graph/operators/grid.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pass } from '../pass.ts'
import { rewritten } from './weights.ts'

export const scaleIntoWeights: Pass = {
  name: 'scale-into-weights',
  why: 'integer operators read codes as integers, and the scale that is multiplied separately need not become a layer',
  run: (graph) => {
    const makers = producers(graph)
    const constants: (readonly [string, Tensor])[] = []
    let changed = false
    const nodes = graph.nodes.flatMap((node): Node[] => {
      const weights = ['Conv', 'Gemm', 'MatMul'].includes(node.op) ? makers.get(elementAt(node.inputs, 1)) : undefined
      const scaled = makers.get(node.inputs[0] ?? '')
      const factor = scaled?.op === 'Mul' ? scalarOf(graph, scaled) : undefined
      if (!isWeights(weights) || scaled === undefined || factor === undefined || !(factor > 0)) return [node]
      changed = true
      const scale = defined(graph.constants.get(elementAt(weights.inputs, 1)))
      const name = `${node.name}.scale`
      constants.push([
        name,
        tensorOf(
          'float32',
          Array.from(scale.data, (value) => value * factor),
          scale.shape,
        ),
      ])
      const weightsName = `${node.name}.weights`
      const own = {
        ...weights,
        name: weightsName,
        inputs: [elementAt(weights.inputs, 0), name],
        outputs: [weightsName],
      }
      return [own, { ...node, inputs: [elementAt(scaled.inputs, 0), weightsName, ...node.inputs.slice(2)] }]
    })
    return changed ? rewritten(graph, nodes, constants) : graph
  },
}

/** The constant of a Mul whose second input is a scalar. */
function scalarOf({ constants }: Graph, { inputs }: Node): number | undefined {
  const [first, second] = elements(inputs, 2)
  const value = constants.get(second)
  return value?.size === 1 && !constants.has(first) ? value.data[0] : undefined
}
