// Writes the operators on codes – QLinearConv, QGemm and the like – as DequantizeLinear, the float operator, QuantizeLinear.

import { defined } from '../../../base/defined.ts'
import { numberOf } from '../../graph/attributes.ts'
import { type Graph, type Node, consumers } from '../../graph/graph.ts'
import { analyse, callOf } from '../../graph/infer-types.ts'
import { operatorOf } from '../../graph/operators.ts'
import type { Decompose, DecomposedOperator } from '../../graph/operators/decomposition.ts'
import type { Pass } from '../pass.ts'

/** ONNX's number of float32. */
const float32 = 1

export const decomposeOperators: Pass = {
  name: 'decompose-operators',
  why: 'ONNX Runtime’s quantiser writes one network in two formats, and pairs around float operators are the simpler one',
  run: (graph) => {
    if (!graph.nodes.some((node) => expansionOf(node) !== undefined)) return graph
    const analysis = analyse(graph)
    const readers = consumers(graph)
    const constants = new Map(graph.constants)
    const dropped = new Set<Node>()
    const nodes = graph.nodes.flatMap((node) => {
      const expand = expansionOf(node)
      if (expand === undefined) return [node]
      const expansion = expand(callOf(node, analysis))
      for (const [name, value] of expansion.constants) constants.set(name, value)
      const casts = floatCasts(graph, node, readers)
      if (casts === undefined) return expansion.nodes
      for (const cast of casts) dropped.add(cast)
      return withoutCast(expansion.nodes, casts)
    })
    return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)), constants }
  },
}

function expansionOf(node: Node): Decompose | undefined {
  return (operatorOf(node) as Partial<DecomposedOperator> | undefined)?.decompose
}

/** The Casts to float32 that are all that reads an integer product; undefined where something else does. */
function floatCasts(
  { outputs }: Graph,
  { op, outputs: [name = ''] }: Node,
  readers: ReadonlyMap<string, readonly Node[]>,
): readonly Node[] | undefined {
  if (op !== 'ConvInteger' && op !== 'MatMulInteger') return undefined
  const found = readers.get(name) ?? []
  const onlyCasts = found.every((reader) => reader.op === 'Cast' && numberOf(reader, 'to', 0) === float32)
  return onlyCasts && found.length > 0 && !outputs.some((output) => output.name === name) ? found : undefined
}

/** The product without its Cast to int32, once for each Cast back to float32: sums of products of codes are whole numbers. */
function withoutCast(nodes: readonly Node[], casts: readonly Node[]): Node[] {
  const product = defined(nodes.at(-2))
  const products = casts.map(({ name, outputs }, at) => ({ ...product, name: at === 0 ? product.name : name, outputs }))
  return [...nodes.slice(0, -2), ...products]
}
