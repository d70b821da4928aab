// A program as assembly text, the inverse of assembling; layers' names stand as comments above their instructions.

import { machineText } from '../container/format.ts'
import { DlpError } from '../../base/error.ts'
import type { Instruction, LegalInstruction } from '../instruction.ts'
import type { Field } from '../../base/bits.ts'
import { commonFields, instructionBits, instructions, semaphores } from '../instructions.ts'
import type { LayerRecord, Program } from '../program.ts'
import { visible } from '../../base/visible.ts'
import { bytesToLines } from './bytes.ts'

/** Fields that hold addresses print in hex. */
const addresses = new Set(['address', 'base', 'source', 'output'])

/**
 * The canonical text of a program: assembling it gives the program again.
 * @throws DlpError for an entry beyond the instructions
 */
export function print(program: Program): string {
  const {
    machine,
    versions,
    name,
    instructions: all,
    entry,
    constants,
    inputs,
    outputs,
    layers,
    weightsIn,
    scratchBytes,
    classes = [],
  } = program
  for (const [label, at] of Object.entries(entry)) {
    if (!(at >= 0 && at <= all.length))
      throw new DlpError({ what: `entry ${label} is ${at}`, allowed: `0 to ${all.length}` })
  }
  const head = [
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
  const tail = constants.length === 0 ? [] : ['', '.constants', ...bytesToLines(constants), '.end']
  return `${[...head, ...printInstructions(all, entry, layers), ...tail].join('\n')}\n`
}

/** One instruction: its fields that are not zero, in the table's order, then its masks. */
export function printInstruction(instruction: Instruction): string {
  if (instruction.op === 'Illegal') return `.word 0x${instruction.word.toString(16).padStart(instructionBits / 4, '0')}`
  const values = instruction as LegalInstruction & Readonly<Record<string, number | string>>
  const fields: Readonly<Record<string, Field>> = instructions[instruction.op].fields
  const own = Object.entries(fields).flatMap(([field, { names }]) => {
    const value = Number(values[field])
    // A named value says more than its absence.
    if (value === 0 && names === undefined) return []
    return [`${field}=${names?.[value] ?? (addresses.has(field) ? `0x${value.toString(16)}` : value)}`]
  })
  const masks = Object.keys(commonFields).flatMap((mask) => {
    const list = Array.from({ length: semaphores }, (_, semaphore) => semaphore)
      .filter((semaphore) => (Number(values[mask]) >> semaphore) & 1)
      .map((semaphore) => `s${semaphore}`)
    return list.length === 0 ? [] : [`${mask}=${list.join(',')}`]
  })
  return [instruction.op, ...own, ...masks].join(' ')
}

function printInstructions(
  all: readonly Instruction[],
  entry: Program['entry'],
  layers: readonly LayerRecord[],
): string[] {
  const starts = new Map<number, string[]>()
  for (const { first, name } of layers) starts.set(first, [...(starts.get(first) ?? []), name])
  const before = (index: number): string[] => [
    ...Object.entries(entry).flatMap(([label, at]) => (at === index ? ['', `${label}:`] : [])),
    ...(index < all.length ? (starts.get(index) ?? []) : []).map((layer) => `  ; ${visible(layer)}`),
  ]
  return [
    ...all.flatMap((instruction, index) => [...before(index), `  ${printInstruction(instruction)}`]),
    ...before(all.length),
  ]
}

/** On one line, and nothing in it that an editor or a terminal would not show. */
const json = (value: unknown): string => visible(JSON.stringify(value))
