// The manual, derived from the table: every instruction, its bits, fields and rules; formats, machines, timing.

import type { Fields } from '../../base/bits.ts'
import { fieldOffsets, fieldsBits } from '../../base/bits.ts'
import { wordFieldsOf } from '../codec.ts'
import * as formats from '../model/formats.ts'
import * as sizes from '../model/sizes.ts'
import { fieldRange } from '../../base/bits.ts'
import type { InstructionTable } from '../instructions.ts'
import * as table from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import { lanes, machines, processingElements } from '../model/machine.ts'
import { machineLaws } from '../model/machine-laws.ts'
import type { Register } from '../registers.ts'
import { identification, interfaceVersion, isaVersionWord, registers } from '../registers.ts'
import { statuses } from '../status.ts'
import { extentRules, machineRulesOf, rulesOf } from '../validate.ts'
import type { ExtentRule } from '../validate.ts'
import { currentVersions } from '../versions.ts'
import { timingConstants, timingFormulas } from './timing-constants.ts'

/** The text of isa/MANUAL.md. */
export function manual(instructions: InstructionTable = table.instructions): string {
  return `${[
    '# The DLP: reference manual',
    'Generated from the tables in `isa/` by `npm run generate`; not edited by hand. `README.md` describes what the instructions do.',
    '## Instructions',
    `An instruction is a word of ${table.instructionBits} bits, stored little-endian: opcode, wait mask, signal mask, then its fields from the low bits up; the rest is zero. A word with an unknown opcode, with other bits set, or that breaks a rule below is no instruction: it decodes to *Illegal* and ends the run with a status.`,
    overview(instructions),
    kinds(),
    ...instructionSections(instructions),
    '## Data formats',
    'Fields lie from bit 0 upward; the rest is zero.',
    ...dataFormats(),
    '## Machines',
    ...machineSection(),
    '## Registers',
    ...registerSection(),
    '## Status codes',
    ...statusSection(),
    '## Timing',
    ...timingSection(),
  ].join('\n\n')}\n`
}

function overview(instructions: InstructionTable): string {
  const rows = Object.entries(instructions).map(([op, { opcode, queue, kind, summary }]) => [
    String(opcode),
    `[\`${op}\`](#${op.toLowerCase()})`,
    queue,
    words(kind),
    summary,
  ])
  return tableOf(['opcode', 'instruction', 'queue', 'kind', 'does'], rows)
}

const kinds = (): string =>
  tableOf(
    ['kind', 'meaning'],
    Object.entries(table.instructionKinds).map(([kind, meaning]) => [words(kind), meaning]),
  )

function instructionSections(instructions: InstructionTable): string[] {
  const rules = rulesOf(instructions)
  const machineRules = machineRulesOf(instructions)
  return Object.entries(instructions).map(([op, entry]) => {
    const of = <R extends { readonly ops: readonly string[] }>(all: readonly R[]): R[] =>
      all.filter(({ ops }) => ops.includes(op))
    const all = [
      ...of(rules).map(({ sentence }) => `- ${sentence}`),
      ...of(machineRules).map(({ sentence }) => `- ${sentence} (of the machine)`),
      ...of<ExtentRule>(extentRules).map(({ sentence }) => `- ${sentence} (not checked by the decoder)`),
    ]
    return [
      `### ${op}`,
      `Opcode ${entry.opcode}, ${entry.queue} queue. ${entry.summary}${sinceOf(entry)}${partOf(entry)}`,
      fieldTable(wordFieldsOf(entry), { opcode: String(entry.opcode) }),
      ...(all.length === 0 ? [] : [`Rules:\n\n${all.join('\n')}`]),
    ].join('\n\n')
  })
}

/** `bankOperation` as words: bank operation. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function fieldTable(fields: Fields, fixed: Readonly<Record<string, string>> = {}): string {
  const offsets = fieldOffsets(fields)
  const rows = Object.entries(fields).map(([name, field]) => {
    const { low, high } = fieldRange(field)
    const values =
      fixed[name] ?? field.names?.map((each, value) => `${value} ${each}`).join(', ') ?? `${low} to ${high}`
    const first = offsets[name]!
    return [
      field.bits === 1 ? `${first}` : `${first + field.bits - 1}:${first}`,
      `\`${name}\``,
      values,
      `${field.summary}${sinceOf(field)}`,
    ]
  })
  return tableOf(['bits', 'field', 'values', 'meaning'], rows)
}

function dataFormats(): string[] {
  const one = (title: string, fields: Fields, bits: number): string[] => [
    `### ${title}`,
    `${bits} bits, ${fieldsBits(fields)} used.`,
    fieldTable(fields),
  ]
  return [
    ...one('Geometry', formats.geometryFields, formats.geometryBits),
    ...one('Slot entry', formats.slotFields, formats.slotBits),
    ...one('Row parameters', formats.parameterFields, formats.parameterBits),
    ...one('Beat flags', formats.flagFields, formats.flagBits),
    '### Beat',
    `For each cluster, cluster 0 lowest, without gaps: U entries {${formats.weightBits}-bit weight, bank select}, B column ids of ${formats.columnIdBits} bits, the flags.`,
  ]
}

function machineSection(): string[] {
  const named = Object.values(machines) as readonly Machine[]
  const row = (name: string, value: (machine: Machine) => string | number): string[] => [
    name,
    ...named.map((machine) => String(value(machine))),
  ]
  const keys = (Object.keys(machines.tiny) as Exclude<keyof Machine, 'limits'>[]).filter((key) => key !== 'name')
  return [
    tableOf(
      ['', ...named.map(({ name }) => `\`${name}\``)],
      [
        ...keys.map((key) => row(`\`${key}\``, (machine) => String(machine[key]))),
        row('lanes', lanes),
        row('processing elements', processingElements),
        row('bits of a cluster’s beat', sizes.clusterBeatBits),
        row('bytes of a beat', sizes.beatBytes),
        row('bytes of a row group’s parameters', sizes.groupBytes),
        row('bits of a feature word in DRAM', sizes.wordBits),
      ],
    ),
    `Laws that every machine keeps:\n\n${machineLaws.map(({ sentence }) => `- ${sentence}`).join('\n')}`,
  ]
}

/** The implementation limit with which a machine leaves an instruction out, if one does. */
const partOf = ({ part }: table.InstructionEntry): string =>
  part === undefined ? '' : ` A machine may leave it out (\`limits.${part}\`).`

/** The ISA version that added an instruction or a field, if it is not the first. */
const sinceOf = ({ since = 1 }: Pick<table.InstructionEntry, 'since' | 'summary'>): string =>
  since === 1 ? '' : ` (since ISA version ${since})`

function registerSection(): string[] {
  const hex = (value: number): string => `0x${value.toString(16).padStart(3, '0')}`
  const rows = Object.entries<Register>(registers).map(([name, { address, words = 1, access, bits = [], summary }]) => [
    words === 1 ? hex(address) : `${hex(address)} to ${hex(address + 4 * words - 1)}`,
    `\`${name}\``,
    access,
    bits.map((bit, at) => `${at} \`${bit}\``).join(', '),
    summary,
  ])
  return [
    `The host accesses them over AXI4-Lite, 32 bits each. \`identification\` reads ${hex(identification)}, \`version\` ${interfaceVersion}, \`isaVersion\` ${hex(isaVersionWord(currentVersions))}, \`timingVersion\` ${currentVersions.timing}. A write that is refused and an address without a register are answered with SLVERR and change nothing.`,
    tableOf(['address', 'register', 'access', 'bits', 'meaning'], rows),
  ]
}

function statusSection(): string[] {
  const rows = Object.entries(statuses).map(([name, { code, summary }]) => [String(code), `\`${name}\``, summary])
  return [
    'The first error of a run is reported; of several in one cycle, that of the lowest queue: control, load, parameter, compute. Dispatch stops, the queues are emptied and issued instructions finish; then `done` and `error` rise, and with them the interrupt. After `watchdog` they rise at once. `README.md`, *Addresses*, defines the status `address`.',
    tableOf(['code', 'status', 'meaning'], rows),
  ]
}

function timingSection(): string[] {
  const constants = timingConstants().map(({ name, value, summary }) => [`\`${name}\``, String(value), summary])
  const formulas = timingFormulas().map(({ name, summary }) => [`\`${name}\``, summary])
  return [
    tableOf(['constant', 'cycles', 'meaning'], constants),
    ...(formulas.length === 0 ? [] : ['Formulas:', tableOf(['formula', 'meaning'], formulas)]),
  ]
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
