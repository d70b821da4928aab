// A program as assembly text, the inverse of assembling; layers' names stand as comments above their instructions.

import { machineText } from '../container/format.ts'
import { DlpError } from '../../base/error.ts'
import type { AnyInstruction, InstructionIn } from '../instruction.ts'
import type { InstructionTable } from '../instructions.ts'
import { commonFields, instructionBits, instructions } from '../instructions.ts'
import { semaphoresIn } from '../semaphores.ts'
import type { LayerRecord, Program } from '../program.ts'
import { visible } from '../../base/visible.ts'
import { bytesToLines } from './bytes.ts'

/** Fields that hold addresses print in hex. */
const addresses = new Set(['address', 'base', 'source', 'output'])

/** Programs and instructions of a table as text. */
export interface Printer<Table extends InstructionTable> {
  /**
   * The canonical text of a program: assembling it gives the program again.
   * @throws DlpError for an entry outside the instructions
   */
  readonly print: (program: Program<InstructionIn<Table>>) => string
  /** One instruction: its fields that are not zero, in the table's order, then its masks. */
  readonly printInstruction: (instruction: InstructionIn<Table>) => string
}

export function printerOf<Table extends InstructionTable>(table: Table): Printer<Table> {
  function printInstruction(instruction: InstructionIn<Table>): string {
    const values = instruction as unknown as AnyInstruction & Readonly<Record<string, number | bigint>>
    const { op } = values
    if (op === 'Illegal') return `.word 0x${values['word']!.toString(16).padStart(instructionBits / 4, '0')}`
    const own = Object.entries(table[op]!.fields).flatMap(([field, { names }]) => {
      const value = Number(values[field])
      // A named value is printed even if it is zero.
      if (value === 0 && names === undefined) return []
      return [`${field}=${names?.[value] ?? (addresses.has(field) ? `0x${value.toString(16)}` : value)}`]
    })
    const masks = Object.keys(commonFields).flatMap((mask) => {
      const list = semaphoresIn(Number(values[mask])).map((semaphore) => `s${semaphore}`)
      return list.length === 0 ? [] : [`${mask}=${list.join(',')}`]
    })
    return [op, ...own, ...masks].join(' ')
  }

  const print = (program: Program<InstructionIn<Table>>): string => {
    const { instructions, entry, layers, constants } = program
    for (const [label, at] of Object.entries(entry)) {
      if (!(at >= 0 && at <= instructions.length))
        throw new DlpError({ what: `entry ${label} is ${at}`, allowed: `0 to ${instructions.length}` })
    }
    const lines = instructions.map(printInstruction)
    const tail = constants.length === 0 ? [] : ['', '.constants', ...bytesToLines(constants), '.end']
    return `${[...headOf(program), ...labelled(lines, entry, layers), ...tail].join('\n')}\n`
  }

  return { print, printInstruction }
}

export const { print, printInstruction } = printerOf(instructions)

function headOf({
  machine,
  versions,
  name,
  inputs,
  outputs,
  layers,
  weightsIn,
  scratchBytes,
  classes = [],
}: Omit<Program, 'instructions'>): string[] {
  return [
    `.program ${json(name)}`,
    `.machine ${visible(machineText(machine))}`,
    `.isa ${versions.isa}`,
    `.timing ${versions.timing}`,
    `.weights ${weightsIn}`,
    ...(scratchBytes === 0 ? [] : [`.scratch ${scratchBytes}`]),
    ...classes.map((each) => `.class ${json(each)}`),
    ...inputs.map((tensor) => `.input ${json(tensor)}`),
    ...outputs.map((tensor) => `.output ${json(tensor)}`),
    ...layers.map((layer) => `.layer ${json(layer)}`),
  ]
}

/** Lines of instructions, with the entries' labels and the layers' names above them. */
function labelled(lines: readonly string[], entry: Program['entry'], layers: readonly LayerRecord[]): string[] {
  const starts = new Map<number, string[]>()
  for (const { first, name } of layers) starts.set(first, [...(starts.get(first) ?? []), name])
  const before = (index: number): string[] => [
    ...Object.entries(entry).flatMap(([label, at]) => (at === index ? ['', `${label}:`] : [])),
    ...(index < lines.length ? (starts.get(index) ?? []) : []).map((layer) => `  ; ${visible(layer)}`),
  ]
  return [...lines.flatMap((line, index) => [...before(index), `  ${line}`]), ...before(lines.length)]
}

/** On one line, and nothing in it that an editor or a terminal would not show. */
const json = (value: unknown): string => visible(JSON.stringify(value))
