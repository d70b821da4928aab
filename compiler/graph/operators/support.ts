// Helper functions for the definitions of operators: common constraints, axes, inputs as lists.

import { numbersOf } from '../attributes.ts'
import type { Call, Constraint } from '../operator.ts'
import { type Tensor, type ValueType } from '../tensor.ts'

/** A constraint: the sentence that states it, and the condition. */
export function constraint(sentence: string, holds: (call: Call) => boolean): Constraint {
  return { sentence, holds }
}

/** The first `count` inputs are float32. */
export function floats(count: number): Constraint {
  return constraint(count === 1 ? 'the input is float32' : 'the inputs are float32', ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType === 'float32'),
  )
}

/** The first `count` inputs have any element type except bool. */
export function numbers(count: number): Constraint {
  return constraint(count === 1 ? 'the input is not bool' : 'the inputs are not bool', ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType !== 'bool'),
  )
}

/** The first `count` inputs have the same element type. */
export function sameTypes(count: number): Constraint {
  const which = count === 2 ? 'both inputs have' : 'the inputs have'
  return constraint(`${which} the same element type`, ({ types }) =>
    types.slice(0, count).every((type) => type === undefined || type.elementType === types[0]?.elementType),
  )
}

/** The value of an input must be static, since the output's shape depends on it. */
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

/** Numbers that are input `index` in newer operator sets and attribute `name` in older ones. */
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
