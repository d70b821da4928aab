// Operators that change only a value's shape: Flatten, Reshape, Squeeze, Unsqueeze, Identity, Dropout; and Shape itself.

import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type ValueType, reshaped, sizeOf, tensorOf, zeros } from '../tensor.ts'
import { axesOf, constantInput, inputOrAttribute, inputType, inputValue, constraint } from './support.ts'

export const flatten: Operator = {
  summary: 'Reshapes to a matrix: the axes before `axis` are its rows, the others its columns.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { axis: 'int' },
  constraints: [
    constraint('axis is within -rank and rank', (call) => {
      const rank = inputType(call, 0).shape.length
      return Math.abs(numberOf(call.node, 'axis', 1)) <= rank
    }),
  ],
  ...byShape((call) => {
    const { shape } = inputType(call, 0)
    const axis = numberOf(call.node, 'axis', 1)
    const split = axis < 0 ? axis + shape.length : axis
    return [sizeOf(shape.slice(0, split)), sizeOf(shape.slice(split))]
  }),
}

export const reshape: Operator = {
  summary: 'The same elements in another shape; 0 keeps an extent, -1 is inferred from the others.',
  inputs: [2, 2],
  outputs: 1,
  attributes: { allowzero: 'int' },
  constraints: [
    constantInput(1, 'shape'),
    constraint('the new shape has as many elements, and at most one -1', (call) => newShape(call) !== undefined),
  ],
  ...byShape((call) => newShape(call) ?? []),
}

export const squeeze: Operator = {
  summary: 'Removes axes of extent 1: those in `axes`, by default all.',
  inputs: [1, 2],
  outputs: 1,
  attributes: { axes: 'ints' },
  constraints: [
    constantInput(1, 'axes'),
    constraint('axes are different, within the rank, and of extent 1', (call) => {
      const { shape } = inputType(call, 0)
      const axes = axesOf(inputOrAttribute(call, 1, 'axes') ?? [], shape.length)
      return axes !== undefined && axes.every((axis) => shape[axis] === 1)
    }),
  ],
  ...byShape((call) => {
    const { shape } = inputType(call, 0)
    const given = inputOrAttribute(call, 1, 'axes')
    const axes = given === undefined ? undefined : axesOf(given, shape.length)
    return shape.filter((extent, axis) => (axes === undefined ? extent !== 1 : !axes.includes(axis)))
  }),
}

export const unsqueeze: Operator = {
  summary: 'Inserts axes of extent 1 at the positions in `axes` of the result.',
  inputs: [1, 2],
  outputs: 1,
  attributes: { axes: 'ints' },
  constraints: [
    constantInput(1, 'axes'),
    constraint(
      'axes are given, different, and within the rank of the result',
      (call) => unsqueezedAxes(call) !== undefined,
    ),
  ],
  ...byShape((call) => {
    const axes = unsqueezedAxes(call) ?? []
    const rest = [...inputType(call, 0).shape]
    const rank = rest.length + axes.length
    return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1)))
  }),
}

export const identity: Operator = {
  summary: 'The input, unchanged.',
  inputs: [1, 1],
  outputs: 1,
  attributes: {},
  constraints: [],
  ...byShape((call) => inputType(call, 0).shape),
}

export const dropout: Operator = {
  summary: 'At inference, the input, unchanged; the optional mask is all true.',
  inputs: [1, 3],
  outputs: 2,
  attributes: { ratio: 'float', seed: 'int' },
  constraints: [
    constraint('training_mode is false', ({ types, values }) => types[2] === undefined || values[2]?.data[0] === 0),
  ],
  infer: (call) => [inputType(call, 0), { elementType: 'bool', shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const mask = zeros('bool', inputType(call, 0).shape)
    mask.data.fill(1)
    return [inputValue(call, 0), mask]
  },
}

export const shape: Operator = {
  summary: 'The shape of a value, or a part of it, as int64.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { start: 'int', end: 'int' },
  constraints: [],
  valuesRead: 0,
  infer: (call) => [{ elementType: 'int64', shape: [extents(call).length] }],
  evaluate: (call) => [tensorOf('int64', extents(call), [extents(call).length])],
}

/** Shape inference and evaluation of an operator that keeps the elements. */
function byShape(rule: (call: Call) => readonly number[]): Pick<Operator, 'infer' | 'evaluate'> {
  return {
    infer: (call): readonly ValueType[] => [{ elementType: inputType(call, 0).elementType, shape: rule(call) }],
    evaluate: (call) => [reshaped(inputValue(call, 0), rule(call))],
  }
}

function newShape(call: Call): number[] | undefined {
  const old = inputType(call, 0).shape
  const zeroIsZero = numberOf(call.node, 'allowzero', 0) !== 0
  const requested = Array.from(call.values[1]?.data ?? [], (extent, axis) =>
    extent === 0 && !zeroIsZero ? (old[axis] ?? -2) : extent,
  )
  if (requested.some((extent) => extent < -1) || requested.filter((extent) => extent === -1).length > 1)
    return undefined
  const known = requested.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1)
  const found = requested.map((extent) => (extent === -1 ? sizeOf(old) / known : extent))
  return found.every(Number.isInteger) && sizeOf(found) === sizeOf(old) ? found : undefined
}

function unsqueezedAxes(call: Call): number[] | undefined {
  const given = inputOrAttribute(call, 1, 'axes')
  return given === undefined ? undefined : axesOf(given, inputType(call, 0).shape.length + given.length)
}

function extents(call: Call): number[] {
  return inputType(call, 0).shape.slice(numberOf(call.node, 'start', 0), numberOf(call.node, 'end', Infinity))
}
