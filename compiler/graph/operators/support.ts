// Small words that the operators' entries share: limits that recur, axes, inputs as lists.

import { numbersOf } from '../attributes.ts'
import type { Call, Constraint } from '../operator.ts'
import { type Tensor, type ValueType } from '../tensor.ts'

/** A limit: the condition and the sentence that states it. */
export function constraint(sentence: string, holds: (call: Call) => boolean): Constraint {
  return { sentence, holds }
}

/** The first inputs, as many as named, are float32. */
export function floats(count: number): Constraint {
  return constraint(count === 1 ? 'the input is float32' : 'the inputs are float32', ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType === 'float32'),
  )
}

/** The first inputs, as many as named, are numbers: of any element type but bool. */
export function numbers(count: number): Constraint {
  return constraint(count === 1 ? 'the input is no bool' : 'the inputs are no bools', ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType !== 'bool'),
  )
}

/** The first inputs, as many as named, are of one element type. */
export function sameTypes(count: number): Constraint {
  const which = count === 2 ? 'both inputs have' : 'the inputs have'
  return constraint(`${which} the same element type`, ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType === types[0]?.elementType),
  )
}

/** The value of an input that decides the output's shape has to be known before evaluation. */
export function constantInput(index: number, name: string): Constraint {
  return {
    sentence: `'${name}' is a constant, or computed from constants and shapes`,
    holds: ({ types, values }) => types[index] === undefined || values[index] !== undefined,
    requiresValueOf: index,
  }
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
