// Where the plan's columns come from: for every weight of a layer's rows, its place in the node's own tensor.

import { elementAt, elements } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { sourcesOf } from '../../graph/integer.ts'
import { type Tensor, tensor } from '../../graph/tensor.ts'
import { fuse } from '../fuse.ts'
import type { FuseOptions } from '../fuse-options.ts'
import { ownSources } from '../layer-samples.ts'
import type { LinearStep, LogitsStep, PlanStep } from '../plan.ts'

/** The weights of one layer as a matrix over the columns of its own sources. */
export interface LayerWeights {
  /** The Conv or Gemm node. */
  readonly node: string
  readonly rows: number
  readonly columns: number
  /** [rows × columns] the node's weights; 0 where it has none (groups) */
  readonly values: Float64Array
  /** [rows × columns] 1 + place in the node's weights; 0 where it has none */
  readonly places: Int32Array
}

/** Float32 holds whole numbers up to here. */
const mostPlaces = 2 ** 24

/**
 * The layers of a graph by the index of their step in the plan. The fuser itself is asked: it is given the same graph with weights that
 * are their own places.
 */
export function layerWeights(graph: FloatGraph, options: FuseOptions): ReadonlyMap<number, LayerWeights> {
  const constants = new Map(graph.constants)
  const weightsOf = new Map<string, Tensor>()
  const nodes = graph.nodes.map((node) => {
    if (node.op !== 'Conv' && node.op !== 'Gemm') return node
    const weights = graph.constants.get(elementAt(node.inputs, 1))
    if (weights === undefined) return node
    if (weights.size >= mostPlaces)
      throw new DlpError({
        where: `node '${node.name}' (${node.op})`,
        what: `it has ${weights.size} weights`,
        allowed: `up to ${mostPlaces - 1} in one layer`,
        help: 'quantise the model with another tool and compile its result',
      })
    weightsOf.set(node.name, weights)
    const name = `${node.name}.places`
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
  for (const [index, step] of plan.steps.entries()) {
    const layer = layerOf(step, weightsOf)
    if (layer !== undefined) layers.set(index, layer)
  }
  return layers
}

function layerOf(step: PlanStep, weightsOf: ReadonlyMap<string, Tensor>): LayerWeights | undefined {
  if (step.kind === 'maxPool' || ownSources(step).length === 0) return undefined
  const own = ownSources(step)
  const [{ node }] = elements(own, 1)
  const tensorOfNode = weightsOf.get(node)
  if (tensorOfNode === undefined || own.some((source) => source.node !== node)) throw unknown(step, node)
  const rows = step.bias.length
  const columns = own.reduce((sum, { weights }) => sum + weights.columns, 0)
  const values = new Float64Array(rows * columns)
  const places = new Int32Array(rows * columns)
  let first = 0
  for (const { weights } of sourcesOf(step).filter((source) => own.includes(source))) {
    for (let row = 0; row < rows; row++)
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
        const place = weights.value[i]!
        if (!Number.isInteger(place) || place < 1 || place > tensorOfNode.size) throw unknown(step, node)
        const at = row * columns + first + weights.column[i]!
        places[at] = place
        values[at] = tensorOfNode.data[place - 1]!
      }
    first += weights.columns
  }
  return { node, rows, columns, values, places }
}

function unknown(step: LinearStep | LogitsStep, node: string): DlpError {
  return new DlpError({
    where: `node '${node}'`,
    what: `layer '${step.name}' joins it with a factor that no scale of its weights holds`,
    allowed: 'convolutions and matrices whose outputs are stored, added or clamped as they are',
    help: 'fold the factor into the weights before the export',
  })
}
