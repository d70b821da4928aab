// Laws of packing: unpacking undoes packing, for fields and for bulk bits, and no other bit changes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldValues, geometry, parameter, slot } from '../../isa/arbitraries.ts'
import type { Fields } from '../../base/bits.ts'
import {
  BitReader,
  BitWriter,
  codeRange,
  fieldsBits,
  greatestMagnitude,
  packFields,
  readBits,
  readFields,
  readSignedBits,
  unpackFields,
  writeBits,
  writeFields,
} from '../../base/bits.ts'
import { flagFields, geometryFields, parameterFields, slotFields } from '../../isa/model/formats.ts'

const formats: readonly [string, Fields, fc.Arbitrary<Readonly<Record<string, number>>>][] = [
  ['geometry', geometryFields, geometry],
  ['slot', slotFields, slot],
  ['parameter', parameterFields, parameter],
  ['flags', flagFields, fieldValues(flagFields)],
]

describe('fields', () => {
  test.each(formats)('unpack undoes pack for a %s', (_, fields, values) => {
    fc.assert(
      fc.property(values, (one) => {
        expect(unpackFields(fields, packFields(fields, one))).toEqual(one)
      }),
    )
  })

  test.each(formats)('a %s in a buffer holds the bits of the packed word, at any bit', (_, fields, values) => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 40 }), (one, at) => {
        const bytes = new Uint8Array(32).fill(0xa5)
        const end = writeFields(bytes, at, fields, one)
        expect(end).toBe(at + fieldsBits(fields))
        expect(readFields(bytes, at, fields)).toEqual(one)
        const whole = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
        expect(BigInt.asUintN(fieldsBits(fields), whole >> BigInt(at))).toBe(packFields(fields, one))
      }),
    )
  })

  test('a missing or wrong field is named with its range', () => {
    expect(() => packFields(slotFields, { base: 0, geometry: 4, signed: 0, fill: 0 }, 'slot 3')).toThrow(
      "slot 3: field 'geometry' is 4; allowed: whole numbers 0 to 3",
    )
    expect(() => packFields<Fields>(slotFields, { base: 0 })).toThrow("field 'geometry' is missing")
    expect(() =>
      writeFields(new Uint8Array(16), 0, parameterFields, { bias: 2 ** 31, multiplier: 0, shift: 0, even: 0 }),
    ).toThrow("field 'bias' is 2147483648; allowed: whole numbers -2147483648 to 2147483647")
  })
})

describe('bulk bits', () => {
  const run = fc.array(fc.tuple(fc.integer({ min: 1, max: 32 }), fc.integer()), { maxLength: 40 })

  test('what a writer writes, a reader reads, signed and unsigned', () => {
    fc.assert(
      fc.property(run, fc.integer({ min: 0, max: 9 }), (numbers, start) => {
        const writer = new BitWriter(new Uint8Array(200), start)
        for (const [bits, value] of numbers) writer.write(bits, value)
        const reader = new BitReader(writer.bytes, start)
        const signed = new BitReader(writer.bytes, start)
        for (const [bits, value] of numbers) {
          expect(reader.read(bits)).toBe(Number(BigInt.asUintN(bits, BigInt(value))))
          expect(signed.readSigned(bits)).toBe(Number(BigInt.asIntN(bits, BigInt(value))))
        }
        expect(reader.position).toBe(writer.position)
      }),
    )
  })

  test('a write changes its own bits only', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 32 }),
        fc.integer(),
        (before, at, bits, value) => {
          const after = before.slice()
          writeBits(after, at, bits, value)
          const big = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
          const mask = ((1n << BigInt(bits)) - 1n) << BigInt(at)
          expect(big(after) & ~mask).toBe(big(before) & ~mask)
          expect(readBits(after, at, bits)).toBe(Number(BigInt.asUintN(bits, BigInt(value))))
          expect(readSignedBits(after, at, bits)).toBe(Number(BigInt.asIntN(bits, BigInt(value))))
        },
      ),
    )
  })
})

test.each([1, 2, 4, 8])('the range of codes of %i bits is that of all bit patterns', (bits) => {
  const patterns = Array.from({ length: 2 ** bits }, (_, pattern) => pattern)
  for (const signed of [false, true]) {
    const values = patterns.map((pattern) => (signed ? Number(BigInt.asIntN(bits, BigInt(pattern))) : pattern))
    const { low, high } = codeRange({ bits, signed })
    expect([low, high]).toEqual([Math.min(...values), Math.max(...values)])
    expect(greatestMagnitude({ bits, signed })).toBe(Math.max(...values.map(Math.abs)))
  }
})
