// Parameters of nodes that are attributes in operator sets up to 12 and inputs in set 13, which the written file has.

import type { Attribute, Node } from '../../graph/graph.ts'
import { type ElementType, type Tensor, tensorOf } from '../../graph/tensor.ts'

/** Attributes that became inputs, in the order of the inputs behind the first. */
const moved: Readonly<Record<string, readonly (readonly [name: string, type: ElementType, isScalar: boolean])[]>> = {
  Clip: [
    ['min', 'float32', true],
    ['max', 'float32', true],
  ],
  Pad: [
    ['pads', 'int64', false],
    ['value', 'float32', true],
  ],
  Slice: [
    ['starts', 'int64', false],
    ['ends', 'int64', false],
    ['axes', 'int64', false],
  ],
  Split: [['split', 'int64', false]],
}

/**
 * A node as in operator set 13.
 *
 * @param define adds a constant; returns its name
 */
export function withModernInputs(node: Node, define: (preferredName: string, value: Tensor) => string): Node {
  const parameters = node.domain === undefined ? moved[node.op] : undefined
  if (parameters === undefined || !parameters.some(([name]) => node.attributes[name] !== undefined)) return node
  const inputs = node.inputs.slice(0, 1)
  for (const [name, type, isScalar] of parameters) {
    const value: Attribute | undefined = node.attributes[name]
    const numbers = typeof value === 'number' ? [value] : (value as readonly number[] | undefined)
    inputs.push(
      numbers === undefined
        ? ''
        : define(`${node.name}.${name}`, tensorOf(type, numbers, isScalar ? [] : [numbers.length])),
    )
  }
  while (inputs.at(-1) === '') inputs.pop()
  const names = new Set(parameters.map(([name]) => name))
  const attributes = Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.has(name)))
  return { ...node, inputs, attributes }
}
