// The laws of the table, and every static rule: each can be broken alone, and reports its sentence.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { legalInstruction, machine as anyMachine, parameter } from '../../isa/arbitraries.ts'
import { fieldsBits } from '../../base/bits.ts'
import { decode, encode, packInstruction, wordFields } from '../../isa/codec.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import type { Mnemonic } from '../../isa/instructions.ts'
import type { Field } from '../../base/bits.ts'
import { instructionBits, instructions, opcodeBits, queues, regions } from '../../isa/instructions.ts'
import * as formats from '../../isa/model/formats.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { machines } from '../../isa/model/machine.ts'
import { checkInstruction, extentRules, limitRules, machineRules, refusal, rules } from '../../isa/validate.ts'

const mnemonics = Object.keys(instructions) as Mnemonic[]
const { tiny } = machines

describe('a row’s parameters', () => {
  test('as drawn break no rule, in both roundings', () => {
    const seen = new Set<number>()
    fc.assert(
      fc.property(parameter, (row) => {
        seen.add(row.even)
        expect(formats.parameterProblem(row)).toBeUndefined()
      }),
    )
    expect(seen.size).toBe(2)
  })

  test('with another shift are refused with what is allowed', () => {
    expect(formats.parameterProblem({ shift: 48, even: 0 })).toEqual({ what: 'shifts by 48', allowed: '0 to 47' })
    for (let shift = 0; shift <= formats.maxShift; shift++)
      expect(formats.parameterProblem({ shift, even: 1 })).toEqual(
        formats.evenShifts.includes(shift)
          ? undefined
          : { what: `rounds halves to even and shifts by ${shift}`, allowed: '15 or 30' },
      )
  })
})

describe('the table', () => {
  test('opcodes are unique, not zero and fit their bits', () => {
    const opcodes = mnemonics.map((op) => instructions[op].opcode)
    expect(new Set(opcodes).size).toBe(opcodes.length)
    for (const opcode of opcodes) expect(opcode > 0 && opcode < 2 ** opcodeBits).toBe(true)
  })

  test.each(mnemonics)('%s fits a word, with fields of 1 to 32 bits whose names are identifiers of their own', (op) => {
    expect(fieldsBits(wordFields(op))).toBeLessThanOrEqual(instructionBits)
    const own: Readonly<Record<string, Field>> = instructions[op].fields
    for (const [name, field] of Object.entries(own)) {
      expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/)
      expect(['op', 'opcode', 'wait', 'signal', 'word', 'reason']).not.toContain(name)
      expect(field.bits >= 1 && field.bits <= 32).toBe(true)
      expect(field.names?.length ?? 0).toBeLessThanOrEqual(2 ** field.bits)
    }
    expect(queues).toContain(instructions[op].queue)
  })

  test('fields of one name have one width everywhere, except where an instruction needs another size', () => {
    const widths = new Map<string, Set<number>>()
    for (const op of mnemonics) {
      for (const [name, { bits }] of Object.entries<Field>(instructions[op].fields))
        widths.set(name, (widths.get(name) ?? new Set()).add(bits))
    }
    expect([...widths].filter(([, seen]) => seen.size > 1).map(([name]) => name)).toEqual(['beats'])
  })

  test('the other formats fit their words', () => {
    expect(fieldsBits(formats.geometryFields)).toBeLessThanOrEqual(formats.geometryBits)
    expect(fieldsBits(formats.slotFields)).toBeLessThanOrEqual(formats.slotBits)
    expect(fieldsBits(formats.parameterFields)).toBeLessThanOrEqual(formats.parameterBits)
    expect(fieldsBits(formats.flagFields)).toBeLessThanOrEqual(formats.flagBits)
    expect(formats.maxShift).toBeLessThan(2 ** formats.parameterFields.shift.bits)
    expect(regions.length).toBe(2 ** instructions.LOAD.fields.region.bits)
  })
})

const masks = { wait: 0, signal: 0 } as const
const dram = { region: 0, address: 0 } as const
const legal: { readonly [M in Mnemonic]?: Extract<LegalInstruction, { op: M }> } = {
  LOAD: {
    op: 'LOAD',
    ...masks,
    ...dram,
    base: 0,
    positions: 16,
    planeStride: 16,
    channels: 8,
    wide: 0,
    startBank: 0,
    pad: 0,
  },
  STORE: {
    op: 'STORE',
    ...masks,
    ...dram,
    base: 0,
    positions: 16,
    planeStride: 16,
    channels: 8,
    wide: 0,
    startBank: 0,
  },
  STOREL: { op: 'STOREL', ...masks, ...dram, first: 0, count: 10 },
  LOADW: { op: 'LOADW', ...masks, ...dram, beat: 0, beats: 4 },
  LOADP: { op: 'LOADP', ...masks, ...dram, group: 0, groups: 1 },
  LOADT: { op: 'LOADT', ...masks, ...dram, block: 0, slots: 2, tapBits: 4 },
  LAYER: {
    op: 'LAYER',
    ...masks,
    block: 0,
    patchHeight: 4,
    patchWidth: 4,
    planeStride: 16,
    wide: 0,
    startBank: 0,
    zeroPoint: 0,
    low: 0,
    high: 15,
    validHeight: 8,
    validWidth: 8,
  },
  COLUMNS: { op: 'COLUMNS', ...masks, firstColumn: 0, columns: 4 },
  COMPUTE: {
    op: 'COMPUTE',
    ...masks,
    beat: 0,
    beats: 8,
    group: 0,
    output: 0,
    gap: 0,
    firstRow: 0,
    rows: 4,
    laneSum: 0,
    accumulate: 0,
    logits: 0,
  },
  POOL: {
    op: 'POOL',
    ...masks,
    source: 0,
    output: 0,
    gap: 0,
    firstRow: 0,
    rows: 4,
    slots: 1,
    geometry: 0,
    wide: 0,
    signed: 0,
    windowHeight: 2,
    windowWidth: 2,
    advance: 0,
  },
  MOVE: {
    op: 'MOVE',
    ...masks,
    source: 0,
    output: 0,
    gap: 0,
    firstRow: 0,
    rows: 4,
    slots: 1,
    geometry: 0,
    wide: 0,
    laneRows: 0,
    laneColumns: 0,
    fill: 0,
  },
  REPATCH: {
    op: 'REPATCH',
    ...masks,
    source: 0,
    output: 0,
    gap: 0,
    firstRow: 0,
    rows: 4,
    slots: 1,
    geometry: 0,
    wide: 0,
    fill: 0,
  },
}

/** For each rule, fields that break it and no other, on `tiny`. */
const breakers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'positions is at least 1': { positions: 0 },
  'channels is at least 1': { channels: 0 },
  'count is at least 1': { count: 0 },
  'first + count is at most 4096': { first: 2, count: 4096 },
  'groups is at least 1': { groups: 0 },
  'slots is at most 128': { slots: 129 },
  'tapBits is at most 6': { tapBits: 7 },
  'patchHeight is at least 1': { patchHeight: 0 },
  'patchWidth is at least 1': { patchWidth: 0 },
  'low is at most high': { low: 5, high: 4 },
  'low is at least −8 without wide': { low: -9, high: 7 },
  'high is at most 15 without wide': { high: 16 },
  'high is at most 7 without wide where low is negative': { low: -1, high: 8 },
  'low is at least −128': { wide: 1, low: -129, high: 7 },
  'high is at most 127 where low is negative': { wide: 1, low: -1, high: 128 },
  'rows is at least 1': { rows: 0 },
  'columns is at least 1': { columns: 0 },
  'beats is at least 1': { beats: 0 },
  'logits needs laneSum': { logits: 1 },
  'slots is at least 1': { slots: 0 },
  'windowHeight is at least 1': { windowHeight: 0 },
  'windowHeight is at most 8': { windowHeight: 9 },
  'windowWidth is at least 1': { windowWidth: 0 },
  'windowWidth is at most 8': { windowWidth: 9 },
  'advance is below windowWidth': { advance: 2 },
  'fill is at most 15 without wide': { fill: 16 },
  'startBank is below banks': { startBank: 4 },
  'base is below featureWords': { base: 512 },
  'beat + beats is at most weightBeats': { beat: 1020, beats: 5 },
  'group + groups is at most parameterGroups': { group: 63, groups: 2 },
  'group is below parameterGroups': { group: 64 },
  'beats is at least rows ÷ drainRows': { beats: 3 },
  'output is below featureWords without logits': { output: 512 },
  'output + rows is at most 4096 with logits': { output: 4090, laneSum: 1, logits: 1 },
  'source is below featureWords': { source: 512 },
  'output is below featureWords': { output: 512 },
  'the last word, base + (slots · planes − 1) · planeStride + positions − 1, is below featureWords': { base: 497 },
  'planeStride is at least patchHeight · patchWidth': { planeStride: 15 },
  'output is a multiple of drainRows with logits': { output: 3, laneSum: 1, logits: 1 },
  'first is a multiple of drainRows': { first: 3 },
}

describe('rules', () => {
  const all = [...rules, ...machineRules, ...extentRules]

  test('examples keep every rule', () => {
    for (const one of Object.values(legal)) expect(checkInstruction(one, tiny)).toEqual([])
  })

  test('every sentence has an example that breaks it', () => {
    expect(Object.keys(breakers)).toEqual([...new Set(all.map(({ sentence }) => sentence))])
  })

  const cases = all.flatMap((rule) => rule.ops.map((op) => [op as Mnemonic, rule.sentence] as const))
  test.each(cases)('%s: %s', (op, sentence) => {
    const broken = { ...legal[op]!, ...breakers[sentence] } as LegalInstruction
    const found = checkInstruction(broken, tiny)
    expect(found).toContain(sentence)
    // Breaking one bound can break the next one too; nothing else breaks.
    const implied = ['beats is at least rows ÷ drainRows', 'low is at least −8 without wide', extentRules[0]!.sentence]
    expect(found.filter((each) => each !== sentence && !implied.includes(each))).toEqual([])
    const decoded = decode(packInstruction(broken))
    const everywhere = rules.some((rule) => rule.sentence === sentence)
    expect(decoded.op).toBe(everywhere ? 'Illegal' : op)
    if (everywhere) expect(decoded).toMatchObject({ reason: `${op}: ${sentence}` })
    else
      expect(refusal(broken, tiny)).toBe(extentRules.some((rule) => rule.sentence === sentence) ? undefined : sentence)
  })

  test('what decodes keeps every rule of all machines, and a machine refuses exactly what breaks a rule of its own', () => {
    fc.assert(
      fc.property(legalInstruction(), anyMachine, (one, machine: Machine) => {
        expect(decode(encode(one)).op).toBe(one.op)
        const sentences = checkInstruction(one, machine)
        expect(refusal(one, machine)).toBe(
          [...machineRules, ...limitRules(machine)].find(
            (rule) => sentences.includes(rule.sentence) && rule.ops.includes(one.op),
          )?.sentence,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('an illegal word is reported with its own reason', () => {
    expect(checkInstruction(decode(63n), tiny)).toEqual(['no instruction has opcode 63'])
  })
})
