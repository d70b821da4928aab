// The machine's arithmetic against big integers, and the roundings and edges by name.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxShift } from '../../isa/model/formats.ts'
import {
  accumulate,
  addInt32,
  packedAccumulate,
  packedLanes,
  requantise,
  signedNibble,
  wrap,
} from '../../isa/numerics.ts'

const int = (bits: number): fc.Arbitrary<number> => {
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, -1, 0, 1))
}

describe('wrap', () => {
  test('is two’s complement of every width, for every exact whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 32 }), (value, bits) => {
        expect(wrap(value, bits)).toBe(Number(BigInt.asIntN(bits, BigInt(value))))
      }),
    )
  })

  test('nibbles are −8 to 7', () => {
    expect(Array.from({ length: 16 }, (_, nibble) => signedNibble(nibble))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1,
    ])
  })

  test('sums of int32 wrap', () => {
    fc.assert(
      fc.property(int(32), int(32), (a, b) => {
        expect(addInt32(a, b)).toBe(Number(BigInt.asIntN(32, BigInt(a) + BigInt(b))))
      }),
    )
  })
})

describe('requantise', () => {
  test.each([
    ['a half rounds up', 5, 1, 1, 3],
    ['a negative half rounds up too', -5, 1, 1, -2],
    ['just below a half rounds down', 7, 1, 4, 0],
    ['a half of a larger unit rounds up', 8, 1, 4, 1],
    ['a shift of 0 adds no rounding term', 7, 1, 0, 7],
    ['a negative multiplier turns the sign', 6, -3, 1, -9],
  ])('%s', (_, total, multiplier, shift, expected) => {
    expect(requantise(total, 0, multiplier, shift, 0, -128, 127)).toBe(expected)
  })

  test.each([
    ['a half goes down to the even neighbour', 5, 1, 1, 2],
    ['a half goes up to the even neighbour', 3, 1, 1, 2],
    ['a negative half goes to the even neighbour', -5, 1, 1, -2],
    ['and up to it', -3, 1, 1, -2],
    ['just above a half rounds up', 9, 1, 4, 1],
    ['just below a half rounds down', 7, 1, 4, 0],
    ['a shift of 0 rounds nothing', 7, 1, 0, 7],
    ['a negative multiplier turns the sign first', 5, -1, 1, -2],
  ])('with even, %s', (_, total, multiplier, shift, expected) => {
    expect(requantise(total, 0, multiplier, shift, 0, -128, 127, 1)).toBe(expected)
  })

  test('the even neighbour is chosen before the zero point is added', () => {
    expect(requantise(5, 0, 1, 1, 1, -128, 127, 1)).toBe(3)
    expect(requantise(3, 0, 1, 1, 1, -128, 127, 1)).toBe(3)
  })

  test('rounds half up and saturates', () => {
    expect(requantise(255, 0, 1, 1, 0, -128, 127)).toBe(127)
    expect(requantise(253, 0, 1, 1, 0, -128, 127)).toBe(127)
    expect(requantise(252, 0, 1, 1, 0, -128, 127)).toBe(126)
    expect(requantise(-258, 0, 1, 1, 0, -128, 127)).toBe(-128)
    expect(requantise(-3, 0, 1, 0, 2, 0, 15)).toBe(0)
  })

  test('the bias is added modulo 2^32, before the multiplier', () => {
    expect(requantise(2 ** 31 - 1, 1, 1, 31, 0, -128, 127)).toBe(-1)
  })

  test('equals big integers over all its operands', () => {
    let halves = 0
    const operands = fc.record({
      total: int(32),
      bias: int(32),
      // with powers of two halves are frequent
      multiplier: fc.oneof(
        int(16),
        fc.integer({ min: 0, max: 14 }).map((power) => 2 ** power),
      ),
      even: fc.integer({ min: 0, max: 1 }),
      shift: fc.integer({ min: 0, max: maxShift }),
      zeroPoint: int(9),
      wide: fc.boolean(),
    })
    fc.assert(
      fc.property(operands, ({ total, bias, multiplier, shift, even, zeroPoint, wide }) => {
        const product = BigInt.asIntN(32, BigInt(total) + BigInt(bias)) * BigInt(multiplier)
        const up = shift === 0 ? product : (product + (1n << BigInt(shift - 1))) >> BigInt(shift)
        const isHalf = shift > 0 && BigInt.asUintN(shift, product) === 1n << BigInt(shift - 1)
        if (isHalf) halves++
        const code = (isHalf && even === 1 && up % 2n !== 0n ? up - 1n : up) + BigInt(zeroPoint)
        // Wide bounds show the value itself, narrow ones the clamp.
        const [low, high] = wide ? [-(2 ** 49), 2 ** 49] : [-8, 7]
        const clamped = code < low ? low : code > high ? high : Number(code)
        expect(requantise(total, bias, multiplier, shift, zeroPoint, low, high, even)).toBe(clamped)
      }),
      { numRuns: 5000 },
    )
    expect(halves).toBeGreaterThan(20)
  })
})

describe('accumulation', () => {
  const beat = fc.record({
    shift: fc.integer({ min: 0, max: 1 }),
    weight: int(4),
    a0: fc.integer({ min: -8, max: 15 }),
    a1: fc.integer({ min: -8, max: 15 }),
  })
  type Beat = typeof beat extends fc.Arbitrary<infer T> ? T : never

  /** The exact sums of both lanes. */
  const exact = (beats: readonly Beat[]): readonly [bigint, bigint] =>
    beats.reduce<readonly [bigint, bigint]>(
      ([s0, s1], { shift, weight, a0, a1 }) => [
        (s0 << BigInt(4 * shift)) + BigInt(weight * a0),
        (s1 << BigInt(4 * shift)) + BigInt(weight * a1),
      ],
      [0n, 0n],
    )

  test('equals the exact sum modulo 2^bits, Horner shifts included', () => {
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 60 }), fc.integer({ min: 16, max: 32 }), (beats, bits) => {
        const sum = beats.reduce((acc, { shift, weight, a0 }) => accumulate(acc, shift, weight, a0, bits), 0)
        expect(sum).toBe(Number(BigInt.asIntN(bits, exact(beats)[0])))
      }),
    )
  })

  test('a packed pair yields both lanes where both final sums fit 22 bits', () => {
    let inRange = 0
    let outside = 0
    const fits = (sum: bigint): boolean => BigInt.asIntN(22, sum) === sum
    // Few shifts keep the sums in range, many push them out.
    const shifted = (chance: number): fc.Arbitrary<Beat> =>
      fc.tuple(beat, fc.nat(chance)).map(([one, draw]) => ({ ...one, shift: draw === 0 ? 1 : 0 }))
    const run = fc.oneof(
      fc.array(shifted(30), { maxLength: 40 }),
      fc.array(shifted(1), { minLength: 12, maxLength: 40 }),
    )
    fc.assert(
      fc.property(run, (beats) => {
        const [s0, s1] = exact(beats)
        const pair = beats.reduce((v, { shift, weight, a0, a1 }) => packedAccumulate(v, shift, weight, a0, a1), 0n)
        const { low, high } = packedLanes(pair)
        expect(low).toBe(Number(BigInt.asIntN(22, s0)))
        if (fits(s0) && fits(s1)) {
          inRange++
          expect(high).toBe(Number(s1))
        } else outside++
      }),
      { numRuns: 1000 },
    )
    expect(inRange).toBeGreaterThan(100)
    expect(outside).toBeGreaterThan(100)
  })

  test('a packed pair’s sums may exceed 22 bits in between if the final sums fit', () => {
    const there = Array.from({ length: 40_000 }).reduce<bigint>((v) => packedAccumulate(v, 0, 7, 15, -8), 0n)
    expect(packedLanes(there).low).not.toBe(40_000 * 105)
    const back = Array.from({ length: 39_990 }).reduce<bigint>((v) => packedAccumulate(v, 0, -7, 15, -8), there)
    expect(packedLanes(back)).toEqual({ low: 1050, high: -560 })
  })

  test('a packed pair whose final low sum exceeds 22 bits carries into its neighbour', () => {
    const most = packedAccumulate(BigInt(2 ** 21 - 1), 0, 0, 0, 0)
    expect(packedLanes(most)).toEqual({ low: 2 ** 21 - 1, high: 0 })
    expect(packedLanes(packedAccumulate(most, 0, 1, 1, 0))).toEqual({ low: -(2 ** 21), high: 1 })
  })
})
