// Decomposes quantised operators, such as QLinearConv and QGemm, into DequantizeLinear, the float operator and QuantizeLinear.

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
  why: 'ONNX Runtime’s quantiser writes networks in two formats, of which pairs around float operators are the simpler one',
  run: (graph) => {
    if (!graph.nodes.some((node) => decompositionOf(node) !== undefined)) return graph
    const analysis = analyse(graph)
    const readers = consumers(graph)
    const constants = new Map(graph.constants)
    const dropped = new Set<Node>()
    const nodes = graph.nodes.flatMap((node) => {
      const decompose = decompositionOf(node)
      if (decompose === undefined) return [node]
      const decomposition = decompose(callOf(node, analysis))
      for (const [name, value] of decomposition.constants) constants.set(name, value)
      const casts = floatCasts(graph, node, readers)
      if (casts === undefined) return decomposition.nodes
      for (const cast of casts) dropped.add(cast)
      return withoutCast(decomposition.nodes, casts)
    })
    return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)), constants }
  },
}

function decompositionOf(node: Node): Decompose | undefined {
  return (operatorOf(node) as Partial<DecomposedOperator> | undefined)?.decompose
}

/** The consumers of an integer product, if all of them are Casts to float32; else undefined. */
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

/** The product without its Cast to int32, once for each Cast back to float32: a sum of products of codes is an integer in any case. */
function withoutCast(nodes: readonly Node[], casts: readonly Node[]): Node[] {
  const product = defined(nodes.at(-2))
  const products = casts.map(({ name, outputs }, at) => ({ ...product, name: at === 0 ? product.name : name, outputs }))
  return [...nodes.slice(0, -2), ...products]
}
