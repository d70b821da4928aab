// The codec's laws: encoding and decoding undo each other, and an illegal word has a reason.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instruction, legalInstruction, nearWord, word } from '../../isa/arbitraries.ts'
import { decode, decodeProgramWords, encode, encodeProgramWords, packInstruction, wordFields } from '../../isa/codec.ts'
import { fieldsBits, fieldOffsets } from '../../base/bits.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { Mnemonic } from '../../isa/instructions.ts'
import { instructions } from '../../isa/instructions.ts'

const compute: InstructionOf<'COMPUTE'> = {
  op: 'COMPUTE',
  wait: 9,
  signal: 2,
  beat: 0x1234,
  beats: 29,
  group: 3,
  output: 0x100,
  gap: 5,
  firstRow: 6,
  rows: 7,
  laneSum: 1,
  accumulate: 0,
  logits: 1,
}

describe('encode and decode', () => {
  test('decode undoes encode', () => {
    fc.assert(
      fc.property(instruction, (one) => {
        expect(decode(encode(one))).toEqual(one)
      }),
      { numRuns: 1000 },
    )
  })

  test('encode undoes decode for every word', () => {
    fc.assert(
      fc.property(fc.oneof(word, nearWord(encode)), (one) => {
        expect(encode(decode(one))).toBe(one)
      }),
      { numRuns: 2000 },
    )
  })

  test('the fields lie at stated bits, the opcode lowest', () => {
    const bits = encode(compute)
    expect(bits & 63n).toBe(8n)
    expect((bits >> 6n) & 0xffffn).toBe(9n)
    expect((bits >> 22n) & 0xffffn).toBe(2n)
    expect((bits >> 38n) & 0xffffn).toBe(0x1234n)
    expect((bits >> 54n) & 0x3fffn).toBe(29n)
    expect((bits >> 120n) & 7n).toBe(0b101n)
    expect(bits >> 123n).toBe(0n)
  })

  const withRoom = (Object.keys(instructions) as Mnemonic[]).filter((op) => fieldsBits(wordFields(op)) < 128)
  test.each(withRoom)('%s: every bit above its fields makes the word illegal', (op) => {
    const used = fieldsBits(wordFields(op))
    fc.assert(
      fc.property(legalInstruction(op), fc.integer({ min: used, max: 127 }), (one, bit) => {
        const spoilt = encode(one) | (1n << BigInt(bit))
        expect(decode(spoilt)).toMatchObject({ op: 'Illegal', word: spoilt })
      }),
      { numRuns: 50 },
    )
  })

  test('a word of zeros is illegal, so that an empty memory does not run', () => {
    expect(decode(0n)).toEqual({ op: 'Illegal', word: 0n, reason: 'no instruction has opcode 0' })
  })

  test('a broken rule makes the word illegal and is the reason', () => {
    const bad = { ...compute, laneSum: 0 }
    expect(decode(packInstruction(bad))).toMatchObject({ op: 'Illegal', reason: 'COMPUTE: logits needs laneSum' })
    expect(() => encode(bad)).toThrow('COMPUTE: no such instruction; allowed: logits needs laneSum')
  })

  test.each([
    ['beats', 16384, "COMPUTE: field 'beats' is 16384; allowed: whole numbers 0 to 16383"],
    ['gap', 0.5, "COMPUTE: field 'gap' is 0.5; allowed: whole numbers 0 to 255"],
    ['wait', -1, "COMPUTE: field 'wait' is -1; allowed: whole numbers 0 to 65535"],
  ])('encode refuses %s = %d with what is allowed', (field, value, message) => {
    expect(() => encode({ ...compute, [field]: value })).toThrow(message)
  })

  test('offsets follow one another without a hole', () => {
    for (const op of Object.keys(instructions) as Mnemonic[]) {
      const fields = wordFields(op)
      const offsets = fieldOffsets(fields)
      let next = 0
      for (const [name, { bits }] of Object.entries(fields)) {
        expect(offsets[name]).toBe(next)
        next += bits
      }
    }
  })
})

describe('programs as bytes', () => {
  test('are 16 bytes an instruction, little-endian, and decode to the same program', () => {
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 20 }), (program) => {
        const bytes = encodeProgramWords(program)
        expect(bytes.length).toBe(16 * program.length)
        expect(decodeProgramWords(bytes)).toEqual(program)
        program.forEach((one, at) => expect(bytes[16 * at]).toBe(Number(encode(one) & 255n)))
      }),
    )
  })

  test('a part of an instruction is refused', () => {
    expect(() => decodeProgramWords(new Uint8Array(17))).toThrow('17 bytes; allowed: whole instructions of 16 bytes')
  })
})
