// The machine's arithmetic to the bit, with every width stated, for semantics, simulator and graph evaluation.
import { codeRange, greatestMagnitude, type NumberRange } from '../base/bits.ts'

/** Bits of partial sums, biases and totals. */
export const sumBits = 32
/** Bits from a packed pair's low lane to its high one. */
export const packedLaneBits = 22
/** Bits of a packed pair's accumulator: one DSP. */
export const packedBits = 48

/** A whole number (|value| < 2^53) modulo 2^bits as two's complement; bits is 1 to 32. */
export function wrap(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits)
}

/** Bits of a nibble. */
const nibbleBits = 4

/** Least and greatest value of a nibble: −8 and 7 where it is signed, else 0 and 15. */
export const nibbleRange = (signed: boolean): NumberRange => codeRange({ bits: nibbleBits, signed })

/** The greatest magnitude of a nibble: 8 or 15. */
export const greatestNibble = (signed: boolean): number => greatestMagnitude({ bits: nibbleBits, signed })

/** The nibble of a code in a plane, 0 to 15. */
export const nibbleOf = (code: number, plane: number): number => (code >> (nibbleBits * plane)) & 15

/** A nibble (0 to 15) as two's complement: −8 to 7. */
export function signedNibble(nibble: number): number {
  return (nibble << 28) >> 28
}

/** One beat of one accumulator: `acc · 16` if `shift`, plus `weight · activation`, modulo 2^bits; bits is 1 to 32. */
export function accumulate(
  accumulator: number,
  shift: number,
  weight: number,
  activation: number,
  bits: number,
): number {
  return wrap((shift === 0 ? accumulator : accumulator << 4) + weight * activation, bits)
}

/** The sum of two int32, modulo 2^32. */
export function addInt32(a: number, b: number): number {
  return (a + b) | 0
}

/**
 * The requantiser: clamp(round((total + bias) · multiplier ÷ 2^shift) + zeroPoint, low, high).
 * @param total int32; total + bias is taken modulo 2^32
 * @param multiplier int16; the product has 47 bits and is exact
 * @param shift 0 to 47
 * @param zeroPoint −256 to 255, added without overflow
 * @param even 0: halves round up, (product + 2^(shift − 1)) >> shift; 1: halves round to the even neighbour, before the zero point
 */
export function requantise(
  total: number,
  bias: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  low: number,
  high: number,
  even = 0,
): number {
  const code = roundedQuotient(((total + bias) | 0) * multiplier, shift, even) + zeroPoint
  return code < low ? low : code > high ? high : code
}

/** product ÷ 2^shift as a whole number; halves round up, with `even` to the even neighbour. |product| ≤ 2^46, shift 0 to 47. */
export function roundedQuotient(product: number, shift: number, even: number): number {
  // Doubles hold every value: the rounding term is at most 2^46, and ÷ 2^shift only changes the exponent.
  const raised = (product + (shift === 0 ? 0 : 2 ** (shift - 1))) / 2 ** shift
  const rounded = Math.floor(raised)
  return even !== 0 && shift !== 0 && rounded === raised && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** The nearest integer; halves round to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
}

/** One beat of a packed pair, as the DSP does it: V · 16 if `shift`, plus weight · (a0 + a1 · 2^22), modulo 2^48, signed. */
export function packedAccumulate(pair: bigint, shift: number, weight: number, a0: number, a1: number): bigint {
  const activations = BigInt(a0) + (BigInt(a1) << BigInt(packedLaneBits))
  return BigInt.asIntN(packedBits, (shift === 0 ? pair : pair << 4n) + BigInt(weight) * activations)
}

/** The two lanes of a packed pair: low = signed 22 bits, high = (V − low) >> 22. Both are exact if both sums fit 22 bits. */
export function packedLanes(pair: bigint): { readonly low: number; readonly high: number } {
  const low = BigInt.asIntN(packedLaneBits, pair)
  return { low: Number(low), high: Number((pair - low) >> BigInt(packedLaneBits)) }
}
