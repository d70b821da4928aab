// QONNX: Quant, BipolarQuant and Trunc, which keep real numbers and put them on a grid.

import { codeRange } from '../../../base/bits.ts'
import { defined, elementAt } from '../../../base/defined.ts'
import { roundHalfEven } from '../../../isa/numerics.ts'
import { numberOf, stringOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, sizeOf, zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape } from './broadcast.ts'
import { constantInput, floats, inputType, inputValue, constraint } from './support.ts'

const roundings: Readonly<Record<string, (value: number) => number>> = {
  ROUND: roundHalfEven,
  HALF_EVEN: roundHalfEven,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
}

const rounding = constraint(`rounding_mode is ${Object.keys(roundings).join(', ')}`, ({ node }) =>
  Object.hasOwn(roundings, stringOf(node, 'rounding_mode', 'ROUND').toUpperCase()),
)

const scaledOnly = constraint('the scale has one element, or broadcasts to the input', (call) => {
  const { shape } = inputType(call, 0)
  const own = inputType(call, 1).shape
  return sizeOf(own) === 1 || broadcastShape(own, shape)?.join() === shape.join()
})

const scaled = constraint('scale and zero point have one element, or broadcast to the input', (call) => {
  const { shape } = inputType(call, 0)
  return [1, 2].every((index) => {
    const own = call.types[index]?.shape ?? []
    return sizeOf(own) === 1 || broadcastShape(own, shape)?.join() === shape.join()
  })
})

/** Tools write them as floats or as whole numbers of any width. */
const whole = constraint('zero point and bit widths are numbers', ({ types }) =>
  types.slice(2).every((type) => type?.elementType !== 'bool'),
)

export const quant: Operator = {
  summary: 'round(clamp(x / scale + zero point)) of a bit width, less the zero point, times the scale.',
  inputs: [4, 4],
  outputs: 1,
  attributes: { signed: 'int', narrow: 'int', rounding_mode: 'string' },
  keepsIntegers: true,
  constraints: [
    floats(2),
    whole,
    scaled,
    constantInput(3, 'bitwidth'),
    constraint(
      'bitwidth is a whole number from 1',
      ({ values: [, , , bits] }) => Number.isInteger(bits?.data[0]) && (bits?.data[0] ?? 0) > 0,
    ),
    rounding,
  ],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const round = roundingOf(call)
    const [low, high] = quantCodeRange(call)
    const bipolar = inputValue(call, 3).data[0] === 1 && numberOf(call.node, 'signed', 1) !== 0
    return [
      onGrid(call, (value, scale, zeroPoint) => {
        const code = Math.fround(Math.fround(value / scale) + zeroPoint)
        if (bipolar) return ((code >= 0 ? 1 : -1) - zeroPoint) * scale
        return (round(Math.min(Math.max(code, low), high)) - zeroPoint) * scale
      }),
    ]
  },
}

export const bipolarQuant: Operator = {
  summary: 'scale where x ≥ 0, else −scale.',
  inputs: [2, 2],
  outputs: 1,
  attributes: {},
  keepsIntegers: true,
  constraints: [floats(2), scaledOnly],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => [onGrid(call, (value, scale) => (value >= 0 ? scale : -scale))],
}

export const trunc: Operator = {
  summary:
    'Codes without their lowest bits: x, scale, zero point, bit widths before and after; version 2 with the scale after.',
  inputs: [5, 7],
  outputs: 1,
  attributes: { rounding_mode: 'string', signed: 'int', narrow: 'int' },
  constraints: [
    floats(2),
    whole,
    constraint('it has 5 inputs (version 1) or 7 (version 2)', ({ node }) => node.inputs.length !== 6),
    scaled,
    ...['zero point', 'input bit width', 'output bit width or scale'].map((name, at) => constantInput(2 + at, name)),
    rounding,
  ],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const round = roundingOf(call)
    const { step, scaleOf, limits } = truncation(call)
    return [
      onGrid(call, (value, scale, zeroPoint) => {
        const code = roundHalfEven(Math.fround(value / scale) + zeroPoint) / step
        const cut = round(Math.min(Math.max(code, limits[0]), limits[1]))
        return scaleOf === undefined ? (cut - zeroPoint) * scale : (cut - zeroPoint / step) * scaleOf
      }),
    ]
  },
}

/** What a Trunc divides codes by, its output's scale where it has one, and the limits of its codes. */
export function truncation(call: Call): {
  readonly step: number
  readonly scaleOf?: number
  readonly limits: readonly [number, number]
} {
  const number = (index: number): number => inputValue(call, index).data[0] ?? NaN
  if (call.node.inputs.length === 5) return { step: 2 ** (number(3) - number(4)), limits: [-Infinity, Infinity] }
  const scaleOf = number(4)
  return { step: 2 ** Math.round(Math.log2(scaleOf / number(1))), scaleOf, limits: codeRangeOf(call, number(6), 0) }
}

/** Least and greatest code of a Quant. */
export function quantCodeRange(call: Call): readonly [number, number] {
  return codeRangeOf(call, elementAt(inputValue(call, 3).data, 0), 1)
}

function codeRangeOf({ node }: Call, bits: number, narrowAbsent: number): readonly [number, number] {
  const narrow = numberOf(node, 'narrow', narrowAbsent) === 0 ? 0 : 1
  const signed = numberOf(node, 'signed', 1) !== 0
  const { low, high } = codeRange({ bits, signed })
  return signed ? [low + narrow, high] : [low, high - narrow]
}

function roundingOf({ node }: Call): (value: number) => number {
  const mode = stringOf(node, 'rounding_mode', node.op === 'Trunc' ? 'FLOOR' : 'ROUND').toUpperCase()
  return defined(roundings[mode])
}

function onGrid(call: Call, meaning: (value: number, scale: number, zeroPoint: number) => number): Tensor {
  const input = inputValue(call, 0)
  const [scale, zeroPoint] = [inputValue(call, 1), call.node.op === 'BipolarQuant' ? undefined : call.values[2]]
  const index = (value: Tensor): ((at: number) => number) => {
    if (sizeOf(value.shape) === 1) return () => 0
    const places = broadcastIndex(value.shape, input.shape)
    return places === undefined ? (at) => at : (at) => places[at]!
  }
  const scaleAt = index(scale)
  const zeroAt = zeroPoint === undefined ? () => 0 : index(zeroPoint)
  const output = zeros('float32', input.shape)
  for (let at = 0; at < input.size; at++)
    output.data[at] = meaning(input.data[at]!, scale.data[scaleAt(at)]!, zeroPoint?.data[zeroAt(at)] ?? 0)
  return output
}
