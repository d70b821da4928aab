// QONNX as tools write it: its quantisers under every domain that they have had, and wrappers that take and give channels last.

import type { Node } from '../graph/graph.ts'

/** The domain that the quantisers have here. */
const own = 'qonnx.custom_op.general'

/** Where FINN, Brevitas and QKeras put them before, or put them without one. */
const quantiserDomains: readonly (string | undefined)[] = [undefined, 'finn.custom_op.general', 'finn', 'qonnx']
const quantisers: readonly string[] = ['Quant', 'IntQuant', 'BipolarQuant', 'Trunc']

const wrapperDomains: readonly (string | undefined)[] = [
  'qonnx.custom_op.channels_last',
  'finn.custom_op.channels_last',
]
/** Wrapped operators of ONNX, and how many of their first inputs have channels last. */
const wrapped: Readonly<Record<string, number>> = { Conv: 2, MaxPool: 1, AveragePool: 1, BatchNormalization: 1 }

/**
 * A node of QONNX as one of the domain that it is known by, or as an operator of ONNX between transposes; any other as it is.
 *
 * @param fresh gives a name that nothing in the graph has
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
  const taken = [...first.map(({ value }) => value), ...inputs.slice(wrapped[op])]
  const back = fresh(`${name}.channels_last`)
  return [
    ...first.map(({ node }) => node),
    { name, op, inputs: taken, outputs: [result], attributes },
    { name: back, op: 'Transpose', inputs: [result], outputs: outputs.slice(0, 1), attributes: { perm: [0, 2, 3, 1] } },
  ]
}
