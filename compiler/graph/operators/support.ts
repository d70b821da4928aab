// Small words that the operators' entries share: limits that recur, axes, inputs as lists.

import { numbersOf } from '../attributes.ts'
import type { Call, Limit } from '../operator.ts'
import { type Tensor, type ValueType } from '../tensor.ts'

/** A limit: the condition and the sentence that states it. */
export function limit(sentence: string, holds: (call: Call) => boolean): Limit {
  return { sentence, holds }
}

/** The first inputs, as many as named, are float32. */
export function floats(count: number): Limit {
  return limit(count === 1 ? 'the input is float32' : 'the inputs are float32', ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType === 'float32'),
  )
}

/** The first inputs are all float32, all int8 or all uint8: an operator that only chooses among values takes codes too. */
export function floatsOrCodes(count: number): Limit {
  return limit(
    count === 1 ? 'the input is float32, int8 or uint8' : 'the inputs are all float32, all int8 or all uint8',
    ({ types }) =>
      ['float32', 'int8', 'uint8'].includes(types[0]?.elementType ?? '') &&
      types.slice(0, count).every((type) => type === undefined || type.elementType === types[0]?.elementType),
  )
}

/** The value of an input that decides the output's shape has to be known before evaluation. */
export function constantInput(index: number, name: string): Limit {
  return limit(`'${name}' is a constant, or computed from constants`, ({ types, values }) =>
    types[index] === undefined ? true : values[index] !== undefined,
  )
}

/** The type of a required input. */
export function inputType(call: Call, index: number): ValueType {
  const type = call.types[index]
  if (type === undefined) throw new Error(`input ${index} of ${call.node.name} has no type`)
  return type
}

/** The value of a required input. */
export function inputValue(call: Call, index: number): Tensor {
  const value = call.values[index]
  if (value === undefined) throw new Error(`input ${index} of ${call.node.name} has no value`)
  return value
}

/** Numbers that newer operator sets take as input `index` and older ones as attribute `name`. */
export function inputOrAttribute(call: Call, index: number, name: string): readonly number[] | undefined {
  const value = call.values[index]
  return value === undefined ? numbersOf(call.node, name) : Array.from(value.data)
}

/** An axis counted from the end if negative; undefined if out of range. */
export function axisOf(axis: number, rank: number): number | undefined {
  const found = axis < 0 ? axis + rank : axis
  return Number.isInteger(axis) && found >= 0 && found < rank ? found : undefined
}

/** Axes made non-negative; undefined if one is out of range or named twice. */
export function axesOf(axes: readonly number[], rank: number): number[] | undefined {
  const found = axes.map((axis) => axisOf(axis, rank))
  if (new Set(found).size !== found.length) return undefined
  return found.every((axis) => axis !== undefined) ? (found as number[]) : undefined
}
