// The compiled loops of COMPUTE give the results of the plain ones, bit for bit.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requantise } from '../../../isa/numerics.ts'
import { addProducts } from '../../../isa/semantics/accumulate.ts'
import {
  addProductsFast,
  firstOverflow,
  kernelElements,
  padded,
  requantiseFast,
  kernelMemory,
} from '../../../isa/semantics/kernels/kernels.ts'

const anyInt32 = fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, -1, 0, 1))

test('padded rounds up to the elements that the loops process at a time', () => {
  expect([0, 1, 16, 17, 49].map(padded)).toEqual([0, 16, 16, 32, 64])
})

test('products of 16-bit coefficients add up as in the plain loop, modulo 2^32', () => {
  const drawn = fc.record({
    elements: fc.integer({ min: 1, max: 150 }),
    column: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 30 }),
    seed: fc.integer(),
    start: fc.integer({ min: 0, max: 40 }),
  })
  fc.assert(
    fc.property(drawn, ({ elements, column, seed, start }) => {
      const pitch = padded(elements)
      const count = start + pitch
      const space = kernelMemory({ entries: 32, operandBytes: 7 * pitch, sums: count, rowSums: pitch })
      let state = seed
      const draw = (low: number, high: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0
        return low + ((state >>> 8) % (high - low + 1))
      }
      for (let c = 0; c < 7; c++) for (let i = 0; i < elements; i++) space.operands[c * pitch + i] = draw(-8, 15)
      for (let c = 0; c < 7; c++) space.operands.fill(0, c * pitch + elements, (c + 1) * pitch)
      for (let i = 0; i < count; i++) space.sums[i] = draw(-8, 7) << 28
      const coefficient = Int32Array.from(column, () => [draw(-8, 7), draw(-32768, 32767), -32768][draw(0, 2)]!)
      const plan = { column: Int32Array.from(column), coefficient }
      const expected = Int32Array.from(space.sums)
      addProducts(plan, 0, column.length, { elements, pitch, space }, expected.subarray(start, start + elements))
      space.columns.set(plan.column)
      space.coefficients.set(coefficient)
      addProductsFast(space, column.length, start, pitch)
      expect(space.sums).toEqual(expected)
    }),
  )
})

test('codes are those of the requantiser, nibble by nibble, for any bounds', () => {
  const drawn = fc.record({
    sums: fc.array(anyInt32, { minLength: 1, maxLength: 40 }),
    bias: anyInt32,
    // with powers of two halves are frequent
    multiplier: fc.oneof(fc.integer({ min: -32768, max: 32767 }), fc.constantFrom(-32768, 32767, 1, -2, 4, 64, -4096)),
    shift: fc.integer({ min: 0, max: 47 }),
    even: fc.integer({ min: 0, max: 1 }),
    zeroPoint: fc.integer({ min: -256, max: 255 }),
    low: fc.integer({ min: -256, max: 255 }),
    high: fc.integer({ min: -256, max: 255 }),
  })
  fc.assert(
    fc.property(drawn, ({ sums, ...by }) => {
      const count = padded(sums.length)
      const space = kernelMemory({ entries: 0, operandBytes: 0, sums: count + kernelElements, rowSums: count })
      space.sums.set(sums, kernelElements)
      requantiseFast(space, kernelElements, count, by, by)
      const { bias, multiplier, shift, even, zeroPoint, low, high } = by
      const codes = sums.map((sum) => requantise(sum, bias, multiplier, shift, zeroPoint, low, high, even))
      expect([...space.codes.subarray(0, sums.length)]).toEqual(codes.map((code) => code & 15))
      expect([...space.codes.subarray(count, count + sums.length)]).toEqual(codes.map((code) => (code >> 4) & 15))
    }),
    { numRuns: 1000 },
  )
})

test('the first sum that overflows int32 with the bias is found', () => {
  fc.assert(
    fc.property(fc.array(anyInt32, { minLength: 1, maxLength: 40 }), anyInt32, (sums, bias) => {
      const count = padded(sums.length)
      const space = kernelMemory({ entries: 0, operandBytes: 0, sums: count, rowSums: count })
      space.sums.set(sums)
      const expected = sums.findIndex((sum) => sum + bias !== ((sum + bias) | 0))
      expect(firstOverflow(space, 0, count, bias)).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})
