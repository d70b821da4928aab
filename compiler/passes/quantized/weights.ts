// Helper functions for quantised constants, which become Weights nodes where a product reads them, and plain constants elsewhere.

import { elementAt } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import type { Graph, Node } from '../../graph/graph.ts'
import { gridDomain } from '../../graph/operators/grid.ts'
import { type Tensor, tensor, tensorOf } from '../../graph/tensor.ts'

const products = ['Conv', 'Gemm', 'MatMul']

/** True if the value is the weights of a product, possibly transposed. */
export function isMatrix(name: string, readers: ReadonlyMap<string, readonly Node[]>): boolean {
  return (readers.get(name) ?? []).some(
    (node) =>
      (products.includes(node.op) && node.inputs[1] === name) ||
      (node.op === 'Transpose' && isMatrix(elementAt(node.outputs, 0), readers)),
  )
}

/** Scales and zero points of a tensor, one or one for each slice. */
export interface Slices {
  /** [1], or one for each slice along `axis` */
  readonly scale: ArrayLike<number>
  readonly zeroPoint: ArrayLike<number>
  readonly axis: number
}

/** A Weights node and its two constants: codes minus their zero points, and scales. */
export function weightsNode(
  node: Node,
  codes: Tensor,
  { scale, zeroPoint, axis }: Slices,
): { readonly node: Node; readonly constants: readonly (readonly [string, Tensor])[] } {
  const extent = codes.shape[axis] ?? 1
  const inner = codes.shape.slice(axis + 1).reduce((all, size) => all * size, 1)
  const constants = [
    [`${node.name}.codes`, withoutZeros(codes, zeroPoint, extent, inner)],
    [`${node.name}.scale`, tensorOf('float32', scale, [scale.length])],
  ] as const
  return {
    node: {
      name: node.name,
      op: 'Weights',
      domain: gridDomain,
      inputs: constants.map(([name]) => name),
      outputs: node.outputs,
      attributes: { axis },
    },
    constants,
  }
}

/** Codes minus their zero points: one for all, or one for each slice of `inner` codes, cyclically for `extent` slices. */
function withoutZeros(codes: Tensor, zeroPoint: ArrayLike<number>, extent: number, inner: number): Tensor {
  if (Array.from(zeroPoint).every((zero) => zero === 0)) return codes
  const data = Int32Array.from(codes.data)
  for (let first = 0, slice = 0; first < codes.size; first += inner, slice++) {
    const zero = zeroPoint[zeroPoint.length > 1 ? slice % extent : 0] ?? 0
    if (zero !== 0) for (let at = first; at < first + inner; at++) data[at]! -= zero
  }
  return tensor(data, codes.shape)
}

/** An error about a node of a quantised graph. */
export function refuseNode(node: Pick<Node, 'name' | 'op'>, what: string, allowed: string, help: string): DlpError {
  return new DlpError({ where: `node '${node.name}' (${node.op})`, what, allowed, help })
}

/** The graph with other nodes and further constants. */
export function rewritten(graph: Graph, nodes: readonly Node[], constants: Iterable<readonly [string, Tensor]>): Graph {
  return { ...graph, nodes, constants: new Map([...graph.constants, ...constants]) }
}
