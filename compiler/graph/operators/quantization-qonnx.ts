// QONNX: Quant, BipolarQuant and Trunc, which round real numbers to a grid of codes.

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

/** Tools write them as floats or as integers of any width. */
const whole = constraint('zero point and bit widths are numbers', ({ types }) =>
  types.slice(2).every((type) => type?.elementType !== 'bool'),
)

export const quant: Operator = {
  summary: 'round(clamp(x / scale + zero point)) of a bit width, minus the zero point, times the scale.',
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
      'bitwidth is an integer of at least 1',
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
    'Removes the lowest bits of codes: x, scale, zero point, bit widths before and after; version 2 with the scale after.',
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
    const { step, outputScale, range } = truncation(call)
    return [
      onGrid(call, (value, scale, zeroPoint) => {
        const code = roundHalfEven(Math.fround(value / scale) + zeroPoint) / step
        const cut = round(Math.min(Math.max(code, range[0]), range[1]))
        return outputScale === undefined ? (cut - zeroPoint) * scale : (cut - zeroPoint / step) * outputScale
      }),
    ]
  },
}

/** The divisor of a Trunc's codes, the scale of its output if it has one, and the range of its codes. */
export function truncation(call: Call): {
  readonly step: number
  readonly outputScale?: number
  readonly range: readonly [number, number]
} {
  const number = (index: number): number => inputValue(call, index).data[0] ?? NaN
  if (call.node.inputs.length === 5) return { step: 2 ** (number(3) - number(4)), range: [-Infinity, Infinity] }
  const outputScale = number(4)
  return {
    step: 2 ** Math.round(Math.log2(outputScale / number(1))),
    outputScale,
    range: codeRangeOf(call, number(6), 0),
  }
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
