// Counts the products of a float network node by node, for comparison with useful MACs.

import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { inferTypes } from '../../compiler/graph/infer-types.ts'

/** Multiplications of a graph's nodes; an addition of two maps counts as one of each value. */
export function productsOf(graph: FloatGraph): number {
  const types = inferTypes(graph)
  const sizeOf = (name: string): number => (types.get(name)?.shape ?? []).reduce((all, extent) => all * extent, 1)
  return graph.nodes.reduce((sum, { op, inputs, outputs }) => {
    const values = sizeOf(outputs[0]!)
    const weights = types.get(inputs[1] ?? '')?.shape ?? []
    switch (op) {
      case 'Conv':
        return sum + values * weights.slice(1).reduce((all, extent) => all * extent, 1)
      case 'Gemm':
        return sum + weights.reduce((all, extent) => all * extent, 1)
      case 'Add':
      case 'Sub':
        return sum + (graph.constants.has(inputs[0]!) || graph.constants.has(inputs[1]!) ? 0 : 2 * values)
      case 'Mul':
      case 'Div':
      case 'BatchNormalization':
      case 'LeakyRelu':
      case 'PRelu':
      case 'HardSigmoid':
      case 'AveragePool':
      case 'GlobalAveragePool':
        return sum + values
      default:
        return sum
    }
  }, 0)
}
