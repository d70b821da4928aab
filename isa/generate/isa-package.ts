// The instruction table and the data formats as the SystemVerilog package dlp_isa_pkg.

import type { Fields } from '../../base/bits.ts'
import { fieldOffsets, fieldsBits } from '../../base/bits.ts'
import { headFields, wordFieldsOf } from '../codec.ts'
import * as formats from '../model/formats.ts'
import type { InstructionTable } from '../instructions.ts'
import * as table from '../instructions.ts'
import { identification, interfaceVersion, isaVersionWord, registers } from '../registers.ts'
import type { Register, RegisterName } from '../registers.ts'
import { statusBits, statuses } from '../status.ts'
import { rulesOf } from '../validate.ts'
import { currentVersions } from '../versions.ts'
import { ruleFunction } from './legality.ts'
import { fieldName, pascalCase } from './names.ts'
import { timingConstants } from './timing-constants.ts'

export const banner = '// Generated from isa/ by `npm run generate`; not edited by hand.'

/** The text of rtl/generated/dlp_isa_pkg.sv. */
export function isaPackage(instructions: InstructionTable = table.instructions): string {
  return [
    '// The machine at every size: opcodes, layouts of instructions and data, timing, static rules.',
    banner,
    '/* verilator lint_off UNUSEDPARAM */',
    '/* verilator lint_off UNUSEDSIGNAL */',
    'package dlp_isa_pkg;',
    ...section(
      'Sizes',
      sizes().map(([name, value]) => constant(name, value)),
    ),
    ...section('Queues', [enumeration('queue', 'Queue', table.queues)]),
    ...section('DRAM regions', [enumeration('region', 'Region', table.regions)]),
    ...section('Opcodes', [opcodes(instructions)]),
    ...section('Status codes', [statusCodes()]),
    ...section('Registers: byte addresses on AXI4-Lite, and bits', registerConstants()),
    ...section('The queue of an opcode; unknown opcodes go to control, where they stop the run', [
      queueFunction(instructions),
    ]),
    ...section(
      'The head of every instruction',
      placesOf('Instruction', headFields, (name) => headNames.has(name)),
    ),
    ...Object.entries(instructions).flatMap(([op, entry]) =>
      section(
        `${op}: ${entry.summary}`,
        layout(op.toLowerCase(), pascalCase(op), wordFieldsOf(entry), table.instructionBits),
      ),
    ),
    ...section('A source geometry', layout('geometry', 'Geometry', formats.geometryFields, formats.geometryBits)),
    ...section('A slot entry', layout('slot', 'Slot', formats.slotFields, formats.slotBits)),
    ...section('Parameters of one row', [
      ...layout('parameter', 'Parameter', formats.parameterFields, formats.parameterBits),
      constant('ParameterUsedBits', fieldsBits(formats.parameterFields)),
    ]),
    ...section('Flags of a beat, per cluster', layout('flags', 'Flags', formats.flagFields, formats.flagBits)),
    ...section(
      'Timing, in cycles',
      timingConstants().flatMap(({ name, value, summary }) => [`// ${summary}`, constant(pascalCase(name), value)]),
    ),
    '',
    '  // Whether a word is an instruction on every machine; dlp_machine_pkg::accepts adds the rules of one machine.',
    ruleFunction('legal', instructions, rulesOf(instructions)),
    'endpackage',
    '/* verilator lint_on UNUSEDSIGNAL */',
    '/* verilator lint_on UNUSEDPARAM */',
    '',
  ].join('\n')
}

/** `localparam int unsigned <name> = <value>;` */
export function constant(name: string, value: number): string {
  return `localparam int unsigned ${name} = ${value};`
}

/** A titled group of lines, indented. */
export function section(title: string, lines: readonly string[]): string[] {
  return ['', `  // ${title}`, ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`)]
}

function sizes(): [string, number][] {
  return [
    ['InstructionBits', table.instructionBits],
    ['OpcodeBits', table.opcodeBits],
    ['Semaphores', table.semaphores],
    ['SemaphoreBits', table.semaphoreBits],
    ['AddressUnitBytes', table.addressUnitBytes],
    ['GeometryBits', formats.geometryBits],
    ['SlotBits', formats.slotBits],
    ['ParameterBits', formats.parameterBits],
    ['GeometriesPerBlock', formats.geometriesPerBlock],
    ['SlotsPerBlock', formats.slotsPerBlock],
    ['ColumnIdBits', formats.columnIdBits],
    ['MaxTapBits', formats.maxTapBits],
    ['WeightBits', formats.weightBits],
    ['MaxShift', formats.maxShift],
    ['LogitsWords', formats.logitsWords],
  ]
}

/** An enumeration counted from 0. */
function enumeration(type: string, prefix: string, names: readonly string[]): string {
  const bits = Math.max(1, Math.ceil(Math.log2(names.length)))
  return enumOf(
    type,
    bits,
    names.map((name, value) => [prefix + pascalCase(name), value]),
  )
}

function opcodes(instructions: InstructionTable): string {
  return enumOf(
    'opcode',
    table.opcodeBits,
    Object.entries(instructions).map(([op, { opcode }]) => [`Op${pascalCase(op)}`, opcode]),
  )
}

function statusCodes(): string {
  const codes = Object.entries(statuses).map(([name, { code }]) => [`Status${pascalCase(name)}`, code] as const)
  return enumOf('status', statusBits, codes)
}

function registerConstants(): string[] {
  const hex = (value: number): string => value.toString(16).padStart(4, '0')
  const names = Object.keys(registers) as RegisterName[]
  return [
    `localparam logic [31:0] Identification = 32'h${hex(identification)};`,
    `localparam logic [31:0] InterfaceVersion = 32'h${hex(interfaceVersion)};`,
    `localparam logic [31:0] IsaVersion = 32'h${hex(isaVersionWord(currentVersions))};`,
    `localparam logic [31:0] TimingVersion = 32'h${hex(currentVersions.timing)};`,
    ...names.flatMap((name) => {
      const register: Register = registers[name]
      const bits = register.bits ?? []
      return [
        `localparam logic [15:0] Register${pascalCase(name)} = 16'h${hex(register.address)};`,
        ...bits.map((bit, at) => constant(`${pascalCase(name)}${pascalCase(bit)}Bit`, at)),
      ]
    }),
  ]
}

function enumOf(type: string, bits: number, values: readonly (readonly [string, number])[]): string {
  const lines = values.map(([name, value]) => `  ${name} = ${bits}'d${value}`)
  return [`typedef enum logic [${bits - 1}:0] {`, lines.join(',\n'), `} ${type}_e;`].join('\n')
}

function queueFunction(instructions: InstructionTable): string {
  const cases = Object.entries(instructions).map(
    ([op, { queue }]) => `    dlp_isa_pkg::Op${pascalCase(op)}: queue_of = dlp_isa_pkg::Queue${pascalCase(queue)};`,
  )
  return [
    `function automatic queue_e queue_of(input logic [${table.opcodeBits - 1}:0] opcode);`,
    '  case (opcode)',
    ...cases,
    '    default: queue_of = dlp_isa_pkg::QueueControl;',
    '  endcase',
    'endfunction',
  ].join('\n')
}

/** Position and width of each field, and all of them as a packed struct: the first field is at bit 0, so it is the last member. */
function layout(type: string, prefix: string, fields: Fields, bits: number): string[] {
  const used = fieldsBits(fields)
  const entries = Object.entries(fields)
  const members = entries.toReversed().map(([name, field]) => {
    const kind = field.signed === true ? 'logic signed' : 'logic'
    return `  ${kind} [${field.bits - 1}:0] ${fieldName(name)};  // ${field.summary}`
  })
  const rest = used === bits ? [] : [`  logic [${bits - used - 1}:0] reserved;  // zero`]
  const places = placesOf(prefix, fields, (name) => !headNames.has(name))
  return [...places, 'typedef struct packed {', ...rest, ...members, `} ${type}_t;`]
}

function placesOf(prefix: string, fields: Fields, isIncluded: (name: string) => boolean): string[] {
  const offsets = fieldOffsets(fields)
  const names = Object.keys(fields).filter(isIncluded)
  return names.flatMap((name) => [
    constant(`${prefix}${pascalCase(name)}At`, offsets[name]!),
    constant(`${prefix}${pascalCase(name)}Bits`, fields[name]!.bits),
  ])
}

/** Fields at the same bits in every instruction: their constants are listed once, under `Instruction`. */
const headNames = new Set(Object.keys(headFields))
