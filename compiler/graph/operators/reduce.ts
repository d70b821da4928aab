// Reductions over any axes.

import { elementAt } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { stridesOf, zeros } from '../tensor.ts'
import { stridedOffsets } from './broadcast.ts'
import {
  axesOf,
  constantInput,
  floats,
  inputOrAttribute,
  inputType,
  inputValue,
  constraint,
  numbers,
} from './support.ts'

export const reduceMean = reduction('Mean', {
  first: 0,
  next: (sum, x) => sum + x,
  last: (sum, count) => sum / count,
  constraints: [floats(1)],
  needsElements: true,
})
export const reduceSum = reduction('Sum', { first: 0, next: (sum, x) => sum + x })
export const reduceProduct = reduction('Product', { first: 1, next: (product, x) => product * x })
export const reduceMaximum = reduction('Maximum', { first: -Infinity, next: Math.max, needsElements: true })
export const reduceMinimum = reduction('Minimum', { first: Infinity, next: Math.min, needsElements: true })
export const reduceL1 = reduction('Sum of the absolute values', { first: 0, next: (sum, x) => sum + Math.abs(x) })
export const reduceSumSquare = reduction('Sum of the squares', { first: 0, next: (sum, x) => sum + x * x })
export const reduceL2 = reduction('Square root of the sum of the squares', {
  first: 0,
  next: (sum, x) => sum + x * x,
  last: Math.sqrt,
  constraints: [floats(1)],
})

interface Reduction {
  readonly first: number
  readonly next: (result: number, x: number) => number
  readonly last?: (result: number, count: number) => number
  readonly constraints?: Operator['constraints']
  /** the reduction of no elements is not defined */
  readonly needsElements?: boolean
}

function reduction(
  what: string,
  { first, next, last, constraints = [numbers(1)], needsElements = false }: Reduction,
): Operator {
  return {
    summary: `${what} over axes, which are an attribute or, in newer operator sets, an input.`,
    inputs: [1, 2],
    outputs: 1,
    attributes: { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' },
    constraints: [
      ...constraints,
      constantInput(1, 'axes'),
      constraint('axes are different and within the rank', (call) => reducedAxes(call) !== undefined),
      ...(needsElements
        ? [
            constraint('no reduced axis is empty', (call) =>
              (reducedAxes(call) ?? []).every((axis) => elementAt(inputType(call, 0).shape, axis) > 0),
            ),
          ]
        : []),
    ],
    infer: (call) => [{ elementType: inputType(call, 0).elementType, shape: reducedShape(call) }],
    evaluate: (call) => {
      const input = inputValue(call, 0)
      const axes = reducedAxes(call) ?? []
      const kept = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
      const strides = stridesOf(input.shape)
      const pick = (list: readonly number[], chosen: readonly number[]) => chosen.map((axis) => elementAt(list, axis))
      const origins = stridedOffsets(pick(input.shape, kept), pick(strides, kept), 0)
      const offsets = stridedOffsets(pick(input.shape, axes), pick(strides, axes), 0)
      const output = zeros(inputType(call, 0).elementType, reducedShape(call))
      origins.forEach((origin, at) => {
        let result = first
        for (const offset of offsets) result = next(result, input.data[origin + offset]!)
        output.data[at] = last === undefined ? result : last(result, offsets.length)
      })
      return [output]
    },
  }
}

/** The reduced axes in ascending order; undefined if they are not valid. */
export function reducedAxes(call: Call): number[] | undefined {
  const rank = inputType(call, 0).shape.length
  const given = inputOrAttribute(call, 1, 'axes') ?? []
  if (given.length === 0 && numberOf(call.node, 'noop_with_empty_axes', 0) !== 0) return []
  return axesOf(given.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : given, rank)?.sort(
    (a, b) => a - b,
  )
}

function reducedShape(call: Call): number[] {
  const axes = reducedAxes(call) ?? []
  const { shape } = inputType(call, 0)
  if (numberOf(call.node, 'keepdims', 1) !== 0) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
  return shape.filter((_, axis) => !axes.includes(axis))
}
