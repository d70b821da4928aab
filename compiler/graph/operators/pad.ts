// Pad: elements added around a value, or cut from it where a pad is negative.

import { numberOf, stringOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { stridesOf, zeros } from '../tensor.ts'
import { axesOf, constantInput, inputOrAttribute, inputType, inputValue, limit } from './support.ts'
import { walk } from './broadcast.ts'

export const pad: Operator = {
  summary: 'Adds a border of one value; pads are an input, or an attribute as before operator set 11.',
  inputs: [1, 4],
  outputs: 1,
  attributes: { mode: 'string', pads: 'ints', value: 'float' },
  limits: [
    limit("mode is 'constant'", ({ node }) => stringOf(node, 'mode', 'constant') === 'constant'),
    constantInput(1, 'pads'),
    constantInput(3, 'axes'),
    limit('pads holds a begin and an end for each axis, or for each of axes', (call) => padWidths(call) !== undefined),
    limit(
      'the value is a scalar',
      ({ types }) => types[2] === undefined || types[2].shape.every((extent) => extent === 1),
    ),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    return [{ elementType, shape: shape.map((extent, axis) => extent + sum(padWidths(call)?.[axis] ?? [0, 0])) }]
  },
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const [{ elementType, shape }] = pad.infer(call)
    const output = zeros(elementType, shape)
    output.data.fill(padValue(call))
    const widths = padWidths(call) ?? []
    // The part of the input that is left where pads are negative.
    const first = widths.map(([begin]) => Math.max(0, -begin))
    const kept = input.shape.map((extent, axis) => Math.max(0, extent - first[axis] - Math.max(0, -widths[axis][1])))
    const from = walk(kept, stridesOf(input.shape), origin(first, stridesOf(input.shape)))
    const begins = widths.map(([begin]) => Math.max(0, begin))
    const to = walk(kept, stridesOf(shape), origin(begins, stridesOf(shape)))
    for (let at = 0; at < from.length; at++) output.data[to[at]] = input.data[from[at]]
    return [output]
  },
}

/** Elements added before and after each axis; undefined if the lists do not fit the rank. */
export function padWidths(call: Call): [number, number][] | undefined {
  const rank = inputType(call, 0).shape.length
  const pads = inputOrAttribute(call, 1, 'pads')
  const axes = axesOf(
    call.values[3] === undefined ? Array.from({ length: rank }, (_, axis) => axis) : Array.from(call.values[3].data),
    rank,
  )
  if (pads === undefined || axes === undefined || pads.length !== 2 * axes.length) return undefined
  const widths = Array.from({ length: rank }, (): [number, number] => [0, 0])
  axes.forEach((axis, at) => (widths[axis] = [pads[at], pads[at + axes.length]]))
  return widths
}

/** The value of the border. */
export function padValue(call: Call): number {
  return call.values[2]?.data[0] ?? numberOf(call.node, 'value', 0)
}

function origin(place: readonly number[], strides: readonly number[]): number {
  return place.reduce((total, at, axis) => total + at * strides[axis], 0)
}

function sum([a, b]: readonly [number, number]): number {
  return a + b
}
