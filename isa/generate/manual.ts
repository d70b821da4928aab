// The manual, derived from the table: every instruction, its bits, fields and rules; formats, machines, timing.

import type { Fields } from '../../base/bits.ts'
import { fieldOffsets, fieldsBits } from '../../base/bits.ts'
import { wordFields } from '../codec.ts'
import * as formats from '../model/formats.ts'
import * as sizes from '../model/sizes.ts'
import { fieldRange } from '../../base/bits.ts'
import type { Mnemonic } from '../instructions.ts'
import * as table from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import { lanes, machines, processingElements } from '../model/machine.ts'
import { machineLaws } from '../model/machine-laws.ts'
import type { Register } from '../registers.ts'
import { identification, interfaceVersion, isaVersionWord, registers } from '../registers.ts'
import { statuses } from '../status.ts'
import { extentRules, machineRules, rules } from '../validate.ts'
import { currentVersions } from '../versions.ts'
import { timingConstants, timingFormulas } from './timing-constants.ts'

const mnemonics = Object.keys(table.instructions) as Mnemonic[]

/** The text of isa/MANUAL.md. */
export function manual(): string {
  return `${[
    '# The DLP: reference manual',
    'Generated from the tables in `isa/` by `npm run generate`; not edited by hand. `README.md` says what the machine does with all this.',
    '## Instructions',
    `An instruction is a word of ${table.instructionBits} bits, stored little-endian: opcode, wait mask, signal mask, then its fields from the low bits up; the rest is zero. A word with an unknown opcode, with other bits set, or that breaks a rule below is no instruction: it decodes to *Illegal* and halts the program with a status.`,
    overview(),
    ...mnemonics.map(instruction),
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

function overview(): string {
  const rows = mnemonics.map((op) => {
    const { opcode, queue, summary } = table.instructions[op]
    return [String(opcode), `[\`${op}\`](#${op.toLowerCase()})`, queue, summary]
  })
  return tableOf(['opcode', 'instruction', 'queue', 'does'], rows)
}

function instruction(op: Mnemonic): string {
  const { opcode, queue, summary } = table.instructions[op]
  const everywhere = rules.filter((rule) => rule.ops.includes(op)).map(({ sentence }) => `- ${sentence}`)
  const own = machineRules
    .filter((rule) => rule.ops.includes(op))
    .map(({ sentence }) => `- ${sentence} (of the machine)`)
  const extents = extentRules
    .filter((rule) => rule.ops.includes(op))
    .map(({ sentence }) => `- ${sentence} (not checked by the decoder)`)
  const all = [...everywhere, ...own, ...extents]
  return [
    `### ${op}`,
    `Opcode ${opcode}, ${queue} queue. ${summary}${sinceOf(table.instructions[op])}`,
    fieldTable(wordFields(op), { opcode: String(opcode) }),
    ...(all.length === 0 ? [] : [`Rules:\n\n${all.join('\n')}`]),
  ].join('\n\n')
}

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

/** The ISA version that added an entry, if it is not the first. */
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
    'The first error of a run is kept; of several in one cycle that of the lowest queue: control, load, parameter, compute. Dispatch stops, the queues are emptied, issued instructions finish, then `done` and `error` rise and with them the interrupt; after `watchdog` they rise at once. `README.md` defines the errors of addresses.',
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
