// QONNX as tools write it: its quantisers in all domains that tools have used, and wrapped operators with channels last.

import type { Node } from '../graph/graph.ts'

/** The domain in which the compiler defines the quantisers. */
const own = 'qonnx.custom_op.general'

/** Other domains in which FINN, Brevitas and QKeras write them. */
const quantiserDomains: readonly (string | undefined)[] = [undefined, 'finn.custom_op.general', 'finn', 'qonnx']
const quantisers: readonly string[] = ['Quant', 'IntQuant', 'BipolarQuant', 'Trunc']

const wrapperDomains: readonly (string | undefined)[] = [
  'qonnx.custom_op.channels_last',
  'finn.custom_op.channels_last',
]
/** Wrapped operators of ONNX, with the number of first inputs that have channels last. */
const wrapped: Readonly<Record<string, number>> = { Conv: 2, MaxPool: 1, AveragePool: 1, BatchNormalization: 1 }

/**
 * A quantiser of QONNX in the compiler's domain, or a wrapped operator as an operator of ONNX between transposes; any other node unchanged.
 *
 * @param fresh returns a name that is not used in the graph
 */
export function fromQonnx(node: Node, fresh: (hint: string) => string): readonly Node[] {
  if (quantisers.includes(node.op) && quantiserDomains.includes(node.domain)) return [{ ...node, domain: own }]
  if (wrapperDomains.includes(node.domain) && Object.hasOwn(wrapped, node.op)) return unwrapped(node, fresh)
  return [node]
}

function unwrapped({ name, op, inputs, outputs, attributes }: Node, fresh: (hint: string) => string): readonly Node[] {
  const first = inputs.slice(0, wrapped[op]).map((input) => {
    const value = fresh(`${name}.channels_first`)
    return {
      value,
      node: { name: value, op: 'Transpose', inputs: [input], outputs: [value], attributes: { perm: [0, 3, 1, 2] } },
    }
  })
  const result = fresh(`${name}.result`)
  const operands = [...first.map(({ value }) => value), ...inputs.slice(wrapped[op])]
  const back = fresh(`${name}.channels_last`)
  return [
    ...first.map(({ node }) => node),
    { name, op, inputs: operands, outputs: [result], attributes },
    { name: back, op: 'Transpose', inputs: [result], outputs: outputs.slice(0, 1), attributes: { perm: [0, 2, 3, 1] } },
  ]
}
