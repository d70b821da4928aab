// Machines with implementation limits: read from JSON, checked against laws, part of the hash; their decoders refuse what the machine leaves out.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { machineText } from '../../../isa/container/format.ts'
import { machinePackage } from '../../../isa/generate/machine-package.ts'
import { fieldBitsProblem } from '../../../isa/model/implementation-limits.ts'
import { parseMachine } from '../../../isa/model/machine-file.ts'
import { limitsOf, machines, noImplementationLimits } from '../../../isa/model/machine.ts'
import type { ImplementationLimits, Machine } from '../../../isa/model/machine.ts'
import { decode } from '../../../isa/codec.ts'
import { refusal } from '../../../isa/validate.ts'

const small = parseMachine(readFileSync('rtl/hx8k/machine.json', 'utf8'), 'rtl/hx8k/machine.json')
const withLimits = (limits: unknown): string => JSON.stringify({ base: 'tiny', name: 'less', limits })
const of = (limits: Partial<ImplementationLimits>): Machine => ({ ...machines.tiny, name: 'less', limits })

describe('implementation limits of a machine', () => {
  test('a machine without limits has everything, and its text does not mention them', () => {
    expect(limitsOf(machines.tiny)).toEqual(noImplementationLimits)
    expect(machineText(machines.tiny)).not.toContain('limits')
  })

  test('limits that a file leaves out are those of the ISA; the text holds the others, keys in order', () => {
    const machine = parseMachine(withLimits({ taps: 4, fieldBits: { positions: 8, base: 9 } }), 'file')
    expect(limitsOf(machine)).toEqual({ ...noImplementationLimits, taps: 4, fieldBits: { positions: 8, base: 9 } })
    expect(machineText(machine)).toContain('"limits":{"fieldBits":{"base":9,"positions":8},"taps":4}')
    expect(parseMachine(machineText(machine), 'text')).toEqual(machine)
  })

  test.each([
    ['an unknown limit', { tapes: 4 }, "unknown field 'limits.tapes'"],
    ['a limit of the wrong type', { taps: 'four' }, `field 'limits.taps' is "four"`],
    ['no object', 4, "field 'limits' is no object"],
    ['a law broken', { geometries: 3 }, 'breaks 1 law;'],
    ['a field that is none', { fieldBits: { colour: 3 } }, 'breaks 1 law;'],
    ['a signed field', { fieldBits: { low: 3 } }, 'breaks 1 law;'],
  ])('%s is refused', (_, limits, what) => {
    expect(() => parseMachine(withLimits(limits), 'file')).toThrow(what)
  })

  test('a wrong field width is refused with a reason', () => {
    expect(fieldBitsProblem({ wait: 4, base: 8 })).toBeUndefined()
    expect(fieldBitsProblem({ colour: 3 })).toBe("no field 'colour'")
    expect(fieldBitsProblem({ low: 3 })).toBe("field 'low' is signed")
    expect(fieldBitsProblem({ base: 17 })).toBe("field 'base' has 17 bits, of 1 to 16")
  })

  const zero = { wait: 0, signal: 0 }
  test.each([
    [{ fieldBits: { signal: 4 } }, { op: 'HALT', wait: 0, signal: 16 }, 'signal is at most 15 (limits)'],
    [
      { columnRanges: false },
      { op: 'COLUMNS', ...zero, firstColumn: 0, columns: 1 },
      'the machine has COLUMNS (limits)',
    ],
    [
      { laneSums: false },
      { op: 'STOREL', ...zero, region: 2, address: 0, first: 0, count: 1 },
      'the machine has a logits memory (limits)',
    ],
    [
      { logitsWords: 64 },
      { op: 'STOREL', ...zero, region: 2, address: 0, first: 60, count: 8 },
      'first + count is at most 64 (limits)',
    ],
    [
      { dramAddressBits: 16 },
      { op: 'LOADW', ...zero, region: 0, address: 1024, beat: 0, beats: 1 },
      'address is below 1024 (limits)',
    ],
    [
      { taps: 4 },
      { op: 'LOADT', ...zero, region: 0, address: 0, block: 0, slots: 1, tapBits: 5 },
      'tapBits is at most 4 (limits)',
    ],
  ] as const)('%j refuses %j', (limits, instruction, sentence) => {
    expect(refusal(instruction, of(limits))).toBe(sentence)
    expect(refusal(instruction, machines.tiny)).toBeUndefined()
    expect(machinePackage(of(limits))).toContain(`// ${sentence}`)
  })

  test('hx8k runs no bank operation', () => {
    const halt = { op: 'HALT', ...zero } as const
    expect(refusal(halt, small)).toBeUndefined()
    expect(machinePackage(small)).toContain("localparam bit BankOperations = 1'b0;")
    expect(decode(0n).op).toBe('Illegal')
  })
})
