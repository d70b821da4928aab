// A new instruction follows from its entry in the table: in words, assembly text, manual, RTL package and generators; isa/ADDING.md names the rest.
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instructionArbitrariesOf } from '../../isa/arbitraries.ts'
import { assemblerOf } from '../../isa/assembly/assemble.ts'
import { printerOf } from '../../isa/assembly/print.ts'
import { decode, instructionSetOf } from '../../isa/codec.ts'
import { isaPackage } from '../../isa/generate/isa-package.ts'
import { manual } from '../../isa/generate/manual.ts'
import type { LegalInstructionIn } from '../../isa/instruction.ts'
import { instructions } from '../../isa/instructions.ts'
import type { InstructionTable } from '../../isa/instructions.ts'

/** A bank operation that no machine has. */
const table = {
  ...instructions,
  MIRROR: {
    opcode: 40,
    queue: 'compute',
    kind: 'bankOperation',
    since: 9,
    summary: 'Reverses the columns of a map.',
    fields: {
      ...instructions.REPATCH.fields,
      axis: { bits: 1, names: ['rows', 'columns'], summary: 'the axis that is reversed' },
      skew: { bits: 4, signed: true, summary: 'columns by which each row is shifted more than the one before' },
    },
  },
} as const satisfies InstructionTable

const set = instructionSetOf(table)
type Mirror = Extract<LegalInstructionIn<typeof table>, { op: 'MIRROR' }>
const mirror: Mirror = {
  op: 'MIRROR',
  wait: 0b101,
  signal: 0b10,
  source: 0x20,
  output: 0x40,
  gap: 3,
  firstRow: 1,
  rows: 4,
  slots: 2,
  geometry: 1,
  wide: 0,
  fill: 7,
  axis: 1,
  skew: -3,
}
const line =
  'MIRROR source=0x20 output=0x40 gap=3 firstRow=1 rows=4 slots=2 geometry=1 fill=7 axis=columns skew=-3 wait=s0,s2 signal=s1'
const text = (...lines: readonly string[]): string =>
  ['.program "p"', '.machine tiny', 'init:', 'HALT', 'infer:', ...lines, 'HALT', ''].join('\n')

describe('an instruction that is only added to the table', () => {
  test('is encoded and decoded, and is illegal to the codec of the table without it', () => {
    const word = set.encode(mirror)
    expect(word & 63n).toBe(40n)
    expect(set.decode(word)).toEqual(mirror)
    expect(decode(word)).toMatchObject({ op: 'Illegal', reason: 'no instruction has opcode 40' })
  })

  test('keeps the rules of its fields and of its kind', () => {
    expect(set.brokenRule(mirror)).toBeUndefined()
    expect(set.brokenRule({ ...mirror, rows: 0 })).toBe('rows is at least 1')
    expect(set.brokenRule({ ...mirror, slots: 0 })).toBe('slots is at least 1')
    expect(set.brokenRule({ ...mirror, fill: 16 })).toBe('fill is at most 15 without wide')
    expect(set.decode(set.packInstruction({ ...mirror, rows: 0 }))).toMatchObject({
      reason: 'MIRROR: rows is at least 1',
    })
  })

  test('is assembled by its fields’ names and values, with errors of its own', () => {
    const assemble = assemblerOf(set)
    expect(assemble(text(line), 'a.dasm').instructions[1]).toEqual(mirror)
    expect(() => assemble(text('MIRROR skew=8'), 'a.dasm')).toThrow("field 'skew' is 8; allowed: -8 to 7")
    expect(() => assemble(text('MIRROR axis=lanes'), 'a.dasm')).toThrow(
      "field 'axis' has no value 'lanes'; allowed: rows, columns",
    )
    expect(() => assemble(text('MIROR'), 'a.dasm')).toThrow("did you mean 'MIRROR'?")
  })

  test('is disassembled as it was assembled', () => {
    const { print, printInstruction } = printerOf(table)
    expect(printInstruction(mirror)).toBe(line)
    const program = assemblerOf(set)(text(line), 'a.dasm')
    expect(print(program)).toContain(`\ninfer:\n  ${line}\n  HALT\n`)
    expect(assemblerOf(set)(print(program), 'b.dasm')).toEqual(program)
  })

  test('raises the ISA version that its programs state', () => {
    const assemble = assemblerOf(set)
    expect(assemble(text(), 'a.dasm').versions.isa).toBe(1)
    expect(assemble(text(line), 'a.dasm').versions.isa).toBe(9)
  })

  test('has a line and a section in the manual, with its bits and its rules', () => {
    const written = manual(table)
    expect(written).toContain(
      '| 40 | [`MIRROR`](#mirror) | compute | bank operation | Reverses the columns of a map. |\n',
    )
    const section = written.slice(written.indexOf('### MIRROR'), written.indexOf('## Data formats'))
    expect(section).toContain('Opcode 40, compute queue. Reverses the columns of a map. (since ISA version 9)\n')
    expect(section).toMatch(/\| \d+ \| `axis` \| 0 rows, 1 columns \| the axis that is reversed \|\n/)
    expect(section).toMatch(/\| \d+:\d+ \| `skew` \| -8 to 7 \|/)
    expect(section).toContain('- rows is at least 1\n')
    expect(section).toContain('- source is below featureWords (of the machine)')
    expect(manual()).not.toContain('MIRROR')
  })

  test('has an opcode, a queue, a struct and a legality check in the SystemVerilog package', () => {
    const written = isaPackage(table)
    expect(written).toContain("    OpMirror = 6'd40\n")
    expect(written).toContain('dlp_isa_pkg::OpMirror: queue_of = dlp_isa_pkg::QueueCompute;')
    expect(written).toMatch(
      /logic signed \[3:0\] skew; {2}\/\/ columns by which[^}]*logic \[0:0\] axis;[^}]*\} mirror_t;/,
    )
    const check = written.slice(written.indexOf("6'd40: begin  // MIRROR"))
    expect(check).toMatch(/\/\/ rows is at least 1\n\s+if \(!\(word\[\d+:\d+\] != 8'd0\)\) legal = 1'b0;/)
    expect(isaPackage()).not.toContain('Mirror')
  })

  test('is drawn by the generators, legal and with every field at work', () => {
    const { instruction, legalInstruction } = instructionArbitrariesOf(set)
    const drawn = fc.sample(legalInstruction('MIRROR'), { numRuns: 200, seed: 1 }) as Mirror[]
    for (const one of drawn) expect(set.decode(set.encode(one))).toEqual(one)
    for (const name of Object.keys(table.MIRROR.fields) as (keyof typeof table.MIRROR.fields)[])
      expect([name, new Set(drawn.map((one) => one[name])).size > 1]).toEqual([name, true])
    const ops = fc.sample(instruction, { numRuns: 300, seed: 2 }).map(({ op }) => op)
    expect(ops).toContain('MIRROR')
  })
})

test('isa/ADDING.md names files that exist', () => {
  const page = readFileSync(new URL('../../isa/ADDING.md', import.meta.url), 'utf8')
  const named = [...page.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|sv|md|json))`/g)].map(([, path]) => path!)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([])
})
