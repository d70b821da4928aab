// Moves a factor from the map that a product reads into the scale of its weights.

import { type Graph, type Node, producers } from '../../graph/graph.ts'
import { isWeights } from '../../graph/operators/grid.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pass } from '../pass.ts'
import { rewritten } from './weights.ts'

export const scaleIntoWeights: Pass = {
  name: 'scale-into-weights',
  why: 'integer operators read codes as whole numbers, and the scale that they leave out need not become a layer',
  run: (graph) => {
    const makers = producers(graph)
    const constants: (readonly [string, Tensor])[] = []
    let changed = false
    const nodes = graph.nodes.flatMap((node): Node[] => {
      const weights = ['Conv', 'Gemm', 'MatMul'].includes(node.op) ? makers.get(node.inputs[1]) : undefined
      const scaled = makers.get(node.inputs[0])
      const factor = scaled?.op === 'Mul' ? scalarOf(graph, scaled) : undefined
      if (!isWeights(weights) || scaled === undefined || factor === undefined || !(factor > 0)) return [node]
      changed = true
      const scale = graph.constants.get(weights.inputs[1])!
      const name = `${node.name}.scale`
      constants.push([name, tensorOf('float32', Array.from(scale.data, (value) => value * factor), scale.shape)]) // prettier-ignore
      const own = {
        ...weights,
        name: `${node.name}.weights`,
        inputs: [weights.inputs[0], name],
        outputs: [`${node.name}.weights`],
      }
      return [own, { ...node, inputs: [scaled.inputs[0], own.outputs[0], ...node.inputs.slice(2)] }]
    })
    return changed ? rewritten(graph, nodes, constants) : graph
  },
}

/** The constant of a Mul whose second input is one number. */
function scalarOf({ constants }: Graph, { inputs }: Node): number | undefined {
  const value = constants.get(inputs[1])
  return value?.size === 1 && !constants.has(inputs[0]) ? value.data[0] : undefined
}
