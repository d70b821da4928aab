// Operators that create values: Constant, ConstantOfShape, Range.

import { elements } from '../../../base/defined.ts'
import { numberOf, tensorAttribute } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, elementTypeOf, sizeOf, tensorOf, typeOf, zeros } from '../tensor.ts'
import { constantInput, inputType, constraint } from './support.ts'

export const constant: Operator = {
  summary: 'The constant in its attribute.',
  inputs: [0, 0],
  outputs: 1,
  attributes: { value: 'tensor', value_float: 'float', value_floats: 'floats', value_int: 'int', value_ints: 'ints' },
  constraints: [
    constraint('exactly one of its attributes is given', ({ node }) => Object.keys(node.attributes).length === 1),
  ],
  infer: (call) => [typeOf(constantValue(call))],
  evaluate: (call) => [constantValue(call)],
}

export const constantOfShape: Operator = {
  summary: 'A tensor of the given shape filled with one value, by default a float32 0.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { value: 'tensor' },
  constraints: [
    constantInput(0, 'input'),
    constraint('the value has one element', ({ node }) => (tensorAttribute(node, 'value')?.size ?? 1) === 1),
  ],
  infer: (call) => {
    const value = tensorAttribute(call.node, 'value')
    const elementType = value === undefined ? 'float32' : elementTypeOf(value)
    return [{ elementType, shape: Array.from(call.values[0]?.data ?? []) }]
  },
  evaluate: (call) => {
    const value = tensorAttribute(call.node, 'value')
    const output = zeros(value === undefined ? 'float32' : elementTypeOf(value), Array.from(call.values[0]?.data ?? []))
    output.data.fill(value?.data[0] ?? 0)
    return [output]
  },
}

export const range: Operator = {
  summary: 'start, start + delta, … below limit.',
  inputs: [3, 3],
  outputs: 1,
  attributes: {},
  constraints: [
    constraint('the inputs are scalars of one element type', ({ types }) =>
      types.every(
        (type) => type !== undefined && sizeOf(type.shape) === 1 && type.elementType === types[0]?.elementType,
      ),
    ),
    constantInput(0, 'start'),
    constantInput(1, 'limit'),
    constantInput(2, 'delta'),
    constraint('delta is not 0', ({ values }) => values[2]?.data[0] !== 0),
  ],
  infer: (call) => [{ elementType: inputType(call, 0).elementType, shape: [steps(call).count] }],
  evaluate: (call) => {
    const { start, delta, count } = steps(call)
    const values = Array.from({ length: count }, (_, at) => start + at * delta)
    return [tensorOf(inputType(call, 0).elementType, values, [count])]
  },
}

function steps({ values }: Call) {
  const number = (index: number): number => values[index]?.data[0] ?? 0
  const [start, end, delta] = [number(0), number(1), number(2)]
  return { start, delta, count: Math.max(0, Math.ceil((end - start) / delta)) }
}

function constantValue({ node }: Call): Tensor {
  const [[name, value]] = elements(Object.entries(node.attributes), 1)
  if (typeof value === 'object' && 'data' in value) return value
  const elementType = name.startsWith('value_float') ? 'float32' : 'int64'
  if (typeof value === 'object') return tensorOf(elementType, value as readonly number[], [value.length])
  return tensorOf(elementType, [numberOf(node, name, 0)], [])
}
