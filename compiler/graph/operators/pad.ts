// Pad: adds elements around a value, or removes them where a pad is negative.

import { elementAt, elements } from '../../../base/defined.ts'
import { numberOf, stringOf } from '../attributes.ts'
import type { Node } from '../graph.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, stridesOf, zeros } from '../tensor.ts'
import { axesOf, constantInput, inputOrAttribute, inputType, inputValue, constraint } from './support.ts'
import { stridedOffsets } from './broadcast.ts'

/** Elements added before and after an axis. */
type Pair = readonly [number, number]

export const pad: Operator = {
  summary:
    'Adds a border of one value, or of elements of the input, according to its mode; pads are an input, or an attribute before operator set 11.',
  inputs: [1, 4],
  outputs: 1,
  attributes: { mode: 'string', pads: 'ints', value: 'float' },
  constraints: [
    constraint('mode is constant, edge, reflect or wrap', ({ node }) =>
      ['constant', ...Object.keys(places)].includes(padMode(node)),
    ),
    constantInput(1, 'pads'),
    constantInput(3, 'axes'),
    constraint(
      'pads holds a begin and an end for each axis, or for each of axes',
      (call) => padWidths(call) !== undefined,
    ),
    constraint('reflect adds fewer elements than an axis has, edge and wrap add to axes that are not empty', (call) => {
      const { shape } = inputType(call, 0)
      const widths = padWidths(call) ?? []
      return keptExtents(shape, widths).every((kept, axis) =>
        mayAdd(padMode(call.node), kept, Math.max(...elementAt(widths, axis))),
      )
    }),
    constraint(
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
    const mode = padMode(call.node)
    return [mode === 'constant' ? withBorder(call, input) : repeated(call, input, places[mode])]
  },
}

/** How the elements of a border are determined. */
export type PadMode = 'constant' | keyof typeof places

/** The element of an axis that is repeated at a position outside of it, from `-extent` on. */
const places = {
  edge: (at: number, extent: number): number => Math.min(Math.max(at, 0), extent - 1),
  reflect: (at: number, extent: number): number => (at < 0 ? -at : at < extent ? at : 2 * (extent - 1) - at),
  wrap: (at: number, extent: number): number => ((at % extent) + extent) % extent,
} as const

/** The mode of a Pad. */
export function padMode(node: Node): PadMode {
  return stringOf(node, 'mode', 'constant') as PadMode
}

function mayAdd(mode: PadMode, kept: number, most: number): boolean {
  if (mode === 'constant' || most <= 0) return true
  return mode === 'reflect' ? most < kept : kept > 0
}

/** The remaining extent of each axis after negative widths. */
function keptExtents(shape: readonly number[], widths: readonly Pair[]): number[] {
  return shape.map((extent, axis) => {
    const [begin, end] = elementAt(widths, axis)
    return Math.max(0, extent - Math.max(0, -begin) - Math.max(0, -end))
  })
}

function withBorder(call: Call, input: Tensor): Tensor {
  const [{ elementType, shape }] = elements(pad.infer(call), 1)
  const output = zeros(elementType, shape)
  output.data.fill(padValue(call))
  const widths = padWidths(call) ?? []
  const first = widths.map(([begin]) => Math.max(0, -begin))
  const kept = keptExtents(input.shape, widths)
  const from = stridedOffsets(kept, stridesOf(input.shape), origin(first, stridesOf(input.shape)))
  const begins = widths.map(([begin]) => Math.max(0, begin))
  const to = stridedOffsets(kept, stridesOf(shape), origin(begins, stridesOf(shape)))
  for (let at = 0; at < from.length; at++) output.data[to[at]!] = input.data[from[at]!]!
  return output
}

/** A border of elements of the input, determined axis by axis. */
function repeated(call: Call, input: Tensor, place: (at: number, extent: number) => number): Tensor {
  const [{ elementType, shape }] = elements(pad.infer(call), 1)
  const widths = padWidths(call) ?? []
  const strides = stridesOf(input.shape)
  let from = Int32Array.of(0)
  keptExtents(input.shape, widths).forEach((kept, axis) => {
    const [begin] = elementAt(widths, axis)
    const stride = elementAt(strides, axis)
    const own = Array.from(
      { length: elementAt(shape, axis) },
      (_, at) => (Math.max(0, -begin) + place(at - Math.max(0, begin), kept)) * stride,
    )
    const next = new Int32Array(from.length * own.length)
    for (let at = 0; at < from.length; at++)
      for (let step = 0; step < own.length; step++) next[at * own.length + step] = from[at]! + own[step]!
    from = next
  })
  const output = zeros(elementType, shape)
  for (let at = 0; at < from.length; at++) output.data[at] = input.data[from[at]!]!
  return output
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
  axes.forEach((axis, at) => (widths[axis] = [elementAt(pads, at), elementAt(pads, at + axes.length)]))
  return widths
}

/** The value of the border. */
export function padValue(call: Call): number {
  return call.values[2]?.data[0] ?? numberOf(call.node, 'value', 0)
}

function origin(place: readonly number[], strides: readonly number[]): number {
  return place.reduce((total, at, axis) => total + at * elementAt(strides, axis), 0)
}

function sum([a, b]: Pair): number {
  return a + b
}
