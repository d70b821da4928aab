// The two operators of the normal form of quantised graphs: Quantize rounds a map to a grid of codes, Weights dequantises integer weights.

import { roundHalfEven } from '../../../isa/numerics.ts'
import { numberOf, stringOf } from '../attributes.ts'
import type { Node } from '../graph.ts'
import type { CodeFormat } from '../integer.ts'
import type { Operator } from '../operator.ts'
import { sizeOf, zeros } from '../tensor.ts'
import { axisOf, floats, inputType, inputValue, constraint } from './support.ts'

/** The domain of these two operators, which no file contains. */
export const gridDomain = 'dlp'

/** How a value between two codes is rounded; `sign` has only the codes −1 and 1. */
export type Rounding = 'nearest' | 'floor' | 'ceil' | 'sign'

/** The roundings as functions of a value divided by the scale. */
export const roundings: Readonly<Record<Rounding, (steps: number) => number>> = {
  nearest: roundHalfEven,
  floor: Math.floor,
  ceil: Math.ceil,
  sign: (steps) => (steps >= 0 ? 1 : -1),
}

/** The grid of a map: real value = scale · (code − zeroPoint), low ≤ code ≤ high. */
export interface Grid {
  readonly scale: number
  readonly zeroPoint: number
  readonly low: number
  readonly high: number
  readonly rounding: Rounding
}

/** The grid of a Quantize node. */
export function gridOf(node: Node): Grid {
  return {
    scale: numberOf(node, 'scale', 1),
    zeroPoint: numberOf(node, 'zero_point', 0),
    low: numberOf(node, 'low', 0),
    high: numberOf(node, 'high', 255),
    rounding: stringOf(node, 'rounding', 'nearest') as Rounding,
  }
}

/** A Quantize node. */
export function quantizeNode(name: string, input: string, output: string, grid: Grid): Node {
  const { scale, zeroPoint, low, high, rounding } = grid
  const attributes = { scale, zero_point: zeroPoint, low, high, rounding }
  return { name, op: 'Quantize', domain: gridDomain, inputs: [input], outputs: [output], attributes }
}

/** True if every value of the inner grid is a value of the outer one. */
export function isWithin(inner: Grid, outer: Grid): boolean {
  const sameStep = inner.scale === outer.scale && inner.zeroPoint === outer.zeroPoint
  return sameStep && inner.low >= outer.low && inner.high <= outer.high && outer.rounding !== 'sign'
}

/** True if the inner grid has the scale and zero point of the outer one, and no further codes. */
export const isNarrower = (inner: Grid, outer: Grid): boolean =>
  inner.rounding !== 'sign' && isWithin({ ...inner, low: outer.low, high: outer.high }, outer)

/** A code clamped to bounds. */
export const bounded = (code: number, { low, high }: Pick<Grid, 'low' | 'high'>): number =>
  Math.min(Math.max(code, low), high)

/** The code of a real value; of an infinite value, the last code. */
export function codeOf(value: number, grid: Grid): number {
  return bounded(roundings[grid.rounding](Math.fround(value / grid.scale)) + grid.zeroPoint, grid)
}

/**
 * The effect of a clamp on values of a grid: 'onGrid' if all results are values of the grid, 'offGrid' if some lie between two values,
 * 'outside' if all results are one value outside of the grid.
 */
export function boundsOn(
  { scale, zeroPoint, low, high }: Grid,
  least: number,
  greatest: number,
): 'onGrid' | 'offGrid' | 'outside' {
  const [first, last] = [(low - zeroPoint) * scale, (high - zeroPoint) * scale]
  if (least > last || greatest < first) return 'outside'
  const isCode = (steps: number): boolean => Math.abs(steps - Math.round(steps)) < closeToCode
  const whole = (least <= first || isCode(least / scale)) && (greatest >= last || isCode(greatest / scale))
  return whole ? 'onGrid' : 'offGrid'
}

/** Tolerance for bounds divided by scales, since both are rounded to float32. */
const closeToCode = 1e-4

/** The format of codes from `low` to `high`. */
export function formatOf(low: number, high: number): CodeFormat {
  const signed = low < 0
  return { bits: (signed ? low >= -8 && high <= 7 : high <= 15) ? 4 : 8, signed }
}

/** True for a Quantize node; for a Weights node. */
export const isQuantize = (node: Node | undefined): node is Node =>
  node?.domain === gridDomain && node.op === 'Quantize'
export const isWeights = (node: Node | undefined): node is Node => node?.domain === gridDomain && node.op === 'Weights'

export const gridQuantize: Operator = {
  summary: 'The nearest value of a grid: scale · (code − zero point), code from low to high.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { scale: 'float', zero_point: 'int', low: 'int', high: 'int', rounding: 'string' },
  constraints: [floats(1)],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const { scale, zeroPoint, low, high, rounding } = gridOf(call.node)
    const round = roundings[rounding]
    const output = zeros('float32', input.shape)
    for (let at = 0; at < input.size; at++) {
      const code = round(Math.fround(input.data[at]! / scale)) + zeroPoint
      output.data[at] = ((code < low ? low : code > high ? high : code) - zeroPoint) * scale
    }
    return [output]
  },
}

export const gridWeights: Operator = {
  summary: 'Integer weights times their scale: one scale, or one for each slice along axis.',
  inputs: [2, 2],
  outputs: 1,
  attributes: { axis: 'int' },
  // Constants, but folding them would lose the integers.
  keepsIntegers: true,
  constraints: [
    constraint('the scale has one element, or one for each slice along axis', (call) => {
      const axis = axisOf(numberOf(call.node, 'axis', 0), inputType(call, 0).shape.length)
      const count = sizeOf(inputType(call, 1).shape)
      return count === 1 || (axis !== undefined && count === inputType(call, 0).shape[axis])
    }),
  ],
  infer: (call) => [{ elementType: 'float32', shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const [codes, scale] = [inputValue(call, 0), inputValue(call, 1)]
    const axis = axisOf(numberOf(call.node, 'axis', 0), codes.shape.length) ?? 0
    const inner = scale.size === 1 ? codes.size : sizeOf(codes.shape.slice(axis + 1))
    const output = zeros('float32', codes.shape)
    const [from, to] = [codes.data, output.data]
    for (let first = 0, slice = 0; first < codes.size; first += inner, slice++) {
      const own = scale.data[slice % scale.size]!
      for (let at = first; at < first + inner; at++) to[at] = from[at]! * own
    }
    return [output]
  },
}
