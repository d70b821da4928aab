// For every weight of a planned layer's rows, its index in the weight tensor of the node.

import { elementAt, elements } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { sourcesOf } from '../../graph/integer.ts'
import { type Tensor, tensor } from '../../graph/tensor.ts'
import { fuse } from '../fuse.ts'
import type { FuseOptions } from '../fuse-state.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatLinearLayer, FloatLogitsLayer, FloatLayer } from '../plan.ts'

/** The weights of one layer as a matrix over the columns of its own sources. */
export interface LayerWeights {
  /** The Conv or Gemm node. */
  readonly node: string
  readonly rows: number
  readonly columns: number
  /** [rows × columns] the node's weights; 0 where it has none (other groups) */
  readonly values: Float64Array
  /** [rows × columns] 1 + index in the node's weight tensor; 0 where it has none */
  readonly indices: Int32Array
}

/** Float32 represents all integers up to here. */
const mostIndices = 2 ** 24

/**
 * The layers with weights of a graph, by their indices in the plan. They are read from the fuser's plan of the same graph in which every weight is
 * replaced by its index.
 */
export function layerWeights(graph: FloatGraph, options: FuseOptions): ReadonlyMap<number, LayerWeights> {
  const constants = new Map(graph.constants)
  const weightsOf = new Map<string, Tensor>()
  const nodes = graph.nodes.map((node) => {
    if (node.op !== 'Conv' && node.op !== 'Gemm') return node
    const weights = graph.constants.get(elementAt(node.inputs, 1))
    if (weights === undefined) return node
    if (weights.size >= mostIndices)
      throw new DlpError({
        where: `node '${node.name}' (${node.op})`,
        what: `it has ${weights.size} weights`,
        allowed: `up to ${mostIndices - 1} in one layer`,
        help: 'quantise the model with another tool and compile its result',
      })
    weightsOf.set(node.name, weights)
    const name = `${node.name}.indices`
    constants.set(
      name,
      tensor(
        Float32Array.from({ length: weights.size }, (_, i) => i + 1),
        weights.shape,
      ),
    )
    return { ...node, inputs: node.inputs.with(1, name) }
  })
  const plan = fuse({ ...graph, nodes, constants }, options)
  const layers = new Map<number, LayerWeights>()
  for (const [index, planned] of plan.layers.entries()) {
    const layer = layerOf(planned, weightsOf)
    if (layer !== undefined) layers.set(index, layer)
  }
  return layers
}

function layerOf(planned: FloatLayer, weightsOf: ReadonlyMap<string, Tensor>): LayerWeights | undefined {
  if (planned.kind === 'maxPool' || ownSources(planned).length === 0) return undefined
  const own = ownSources(planned)
  const [{ node }] = elements(own, 1)
  const tensorOfNode = weightsOf.get(node)
  if (tensorOfNode === undefined || own.some((source) => source.node !== node)) throw scaledWeightsError(planned, node)
  const rows = planned.bias.length
  const columns = own.reduce((sum, { weights }) => sum + weights.columns, 0)
  const values = new Float64Array(rows * columns)
  const indices = new Int32Array(rows * columns)
  let first = 0
  for (const { weights } of sourcesOf(planned).filter((source) => own.includes(source))) {
    for (let row = 0; row < rows; row++)
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
        const index = weights.value[i]!
        if (!Number.isInteger(index) || index < 1 || index > tensorOfNode.size) throw scaledWeightsError(planned, node)
        const at = row * columns + first + weights.column[i]!
        indices[at] = index
        values[at] = tensorOfNode.data[index - 1]!
      }
    first += weights.columns
  }
  return { node, rows, columns, values, indices }
}

function scaledWeightsError(planned: FloatLinearLayer | FloatLogitsLayer, node: string): DlpError {
  return new DlpError({
    where: `node '${node}'`,
    what: `layer '${planned.name}' joins it with a factor that no scale of its weights holds`,
    allowed: 'convolutions and matrices whose outputs are stored, added or clamped as they are',
    help: 'fold the factor into the weights before the export',
  })
}
