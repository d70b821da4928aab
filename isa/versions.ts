// Which programs a machine runs correctly. A program states the ISA version that its instructions need, and the timing version
// for which its gaps and its order are made, since the machine has no interlocks. A machine states its versions in its registers.

import { DlpError } from '../base/error.ts'
import type { Complaint } from '../base/error.ts'
import type { AnyInstruction, Instruction } from './instruction.ts'
import type { InstructionTable } from './instructions.ts'
import { instructions as instructionTable } from './instructions.ts'

/** The versions that a program needs. */
export interface Versions {
  /** the machine's ISA version at least */
  readonly isa: number
  /** the machine's timing version */
  readonly timing: number
}

/** The versions of a machine, or of this software. */
export interface MachineVersions extends Versions {
  /** programs that need an older ISA version have another meaning here */
  readonly oldestIsa: number
}

/**
 * This software's versions, and those of the RTL beside it.
 * - `isa` is raised when instructions, fields or formats of data are added: each addition states `since`, and the rest keeps its meaning.
 * - `oldestIsa` becomes `isa` when something changes its meaning or is removed.
 * - `timing` is raised with every change of a cycle of `timing.ts`, whatever the instruction.
 * test/golden/versions holds files of each version; its test fails if something changed without a new number.
 */
export const currentVersions: MachineVersions = { isa: 1, oldestIsa: 1, timing: 1 }

/** A version takes 16 bits in a program's header and in the registers. */
export const mostVersion = 2 ** 16 - 1

/** The versions that instructions need: the latest `since` of an instruction in use, and of its fields that are not zero; the timing is this software's. */
export function versionsOf(
  instructions: readonly AnyInstruction[],
  table: InstructionTable = instructionTable,
): Versions {
  const isa = instructions.reduce((latest, instruction) => Math.max(latest, neededIsa(instruction, table)), 1)
  return { isa, timing: currentVersions.timing }
}

/** The ISA version that an instruction needs; 1 for an illegal word. */
export function neededIsa(instruction: AnyInstruction, table: InstructionTable = instructionTable): number {
  if (instruction.op === 'Illegal') return 1
  const { since = 1, fields } = table[instruction.op]!
  const values = instruction as unknown as Readonly<Record<string, number>>
  return Object.entries(fields).reduce(
    (latest, [name, field]) => (values[name] === 0 ? latest : Math.max(latest, field.since ?? 1)),
    since,
  )
}

/** The machine or software whose versions a program must match. */
export interface Owner extends MachineVersions {
  /** its name in messages */
  readonly name: string
  /** what to do where a program is newer */
  readonly update: string
}

const software: Owner = { ...currentVersions, name: 'this dlp', update: 'update dlp' }

/**
 * Refuses a program whose words may have another meaning to `owner`.
 * @throws DlpError with what to do
 */
export function checkIsa(versions: Versions, where: string, owner = software): void {
  refuse(isaComplaint(versions, owner), where)
}

/**
 * Refuses a program that would not run correctly on `owner`, in values or in cycles.
 * @throws DlpError with what to do
 */
export function checkVersions(versions: Versions, where: string, owner = software): void {
  refuse(isaComplaint(versions, owner) ?? timingComplaint(versions, owner), where)
}

/** What is wrong with a program's stated versions, a sentence each. */
export function verifyVersions(versions: Versions, instructions: readonly Instruction[]): string[] {
  const complaint = isaComplaint(versions, software) ?? timingComplaint(versions, software)
  if (complaint !== undefined) return [`${complaint.what} (allowed: ${complaint.allowed}): ${complaint.help}`]
  const { isa } = versionsOf(instructions)
  return isa > versions.isa ? [`states ISA version ${versions.isa}, but its instructions need ${isa}`] : []
}

function refuse(complaint: Complaint | undefined, where: string): void {
  if (complaint !== undefined) throw new DlpError({ ...complaint, where })
}

function isaComplaint({ isa }: Versions, owner: Owner): Complaint | undefined {
  if (isa >= owner.oldestIsa && isa <= owner.isa) return undefined
  const range = owner.oldestIsa === owner.isa ? `${owner.isa}` : `${owner.oldestIsa} to ${owner.isa}`
  return {
    what: `needs ISA version ${isa}`,
    allowed: `${range}, as ${owner.name} has`,
    help: remedy(isa > owner.isa, owner),
  }
}

function timingComplaint({ timing }: Versions, owner: Owner): Complaint | undefined {
  if (timing === owner.timing) return undefined
  return {
    what: `was made for timing version ${timing}, and would compute wrong values in another`,
    allowed: `${owner.timing}, as ${owner.name} has`,
    help: remedy(timing > owner.timing, owner),
  }
}

const remedy = (isNewer: boolean, { update }: Owner): string =>
  isNewer
    ? `it was made by a newer dlp: ${update}, or compile the model again`
    : 'compile the model again with this dlp'
