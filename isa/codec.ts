// Instructions to 128-bit words and back, derived from the table: opcode, wait, signal, then the fields from the low bits up.

import { defined } from '../base/defined.ts'
import { fieldsBits, packFields, unpackFields } from '../base/bits.ts'
import type { Fields } from '../base/bits.ts'
import { DlpError } from '../base/error.ts'
import type { IllegalInstruction, InstructionIn, LegalInstructionIn } from './instruction.ts'
import type { Instruction } from './instruction.ts'
import type { InstructionEntry, InstructionTable, Mnemonic } from './instructions.ts'
import type { Field } from '../base/bits.ts'
import { commonFields, instructionBits, instructions, opcodeBits } from './instructions.ts'
import { firstBroken, rulesOf } from './validate.ts'

/** Bytes of an encoded instruction. */
export const instructionBytes = instructionBits / 8

const opcode = { bits: opcodeBits, summary: 'which instruction' } as const satisfies Field
/** The fields with which every word begins. */
export const headFields = { opcode, ...commonFields }

/** All fields of an instruction's word in order, opcode and masks included. */
export const wordFieldsOf = ({ fields }: InstructionEntry): Fields => ({ ...headFields, ...fields })

/** A table of instructions with its codec. */
export interface InstructionSet<Table extends InstructionTable> {
  readonly table: Table
  /** The sentence of the first rule of every machine that an instruction breaks. */
  readonly brokenRule: (instruction: LegalInstructionIn<Table>) => string | undefined
  /**
   * The word of an instruction; an illegal one keeps its own.
   * @throws DlpError for a field out of its range or a broken rule that holds on every machine.
   */
  readonly encode: (instruction: InstructionIn<Table>) => bigint
  /** The word of an instruction, whether or not it keeps the rules. */
  readonly packInstruction: (instruction: LegalInstructionIn<Table>) => bigint
  /** The instruction of a word: an unknown opcode, bits above the fields or a broken rule give an illegal one. */
  readonly decode: (word: bigint) => InstructionIn<Table>
}

/** What follows from a table of instructions for their words. */
export function instructionSetOf<Table extends InstructionTable>(table: Table): InstructionSet<Table> {
  type Legal = LegalInstructionIn<Table>
  const rules = rulesOf(table)
  const layouts = new Map(
    Object.entries(table).map(([op, entry]) => {
      const fields = wordFieldsOf(entry)
      const own = rules.filter(({ ops }) => ops.includes(op))
      return [op, { op, opcode: entry.opcode, fields, bits: BigInt(fieldsBits(fields)), rules: own }]
    }),
  )
  const layoutOf = new Map([...layouts.values()].map((layout) => [layout.opcode, layout]))
  const brokenRule = (instruction: Legal): string | undefined =>
    firstBroken(defined(layouts.get(instruction.op)).rules, instruction)

  function packInstruction(instruction: Legal): bigint {
    const { op, ...values } = instruction
    const { fields, opcode: code } = defined(layouts.get(op))
    return packFields(fields, { opcode: code, ...values }, op)
  }

  function encode(instruction: InstructionIn<Table>): bigint {
    if (isIllegal(instruction)) return BigInt.asUintN(instructionBits, instruction.word)
    const broken = brokenRule(instruction)
    if (broken === undefined) return packInstruction(instruction)
    throw new DlpError({ what: 'no such instruction', where: instruction.op, allowed: broken })
  }

  function decode(word: bigint): InstructionIn<Table> {
    const code = Number(BigInt.asUintN(opcodeBits, word))
    const layout = layoutOf.get(code)
    if (layout === undefined) return illegal(word, `no instruction has opcode ${code}`)
    const { op, fields, bits } = layout
    if (BigInt.asUintN(instructionBits, word) >> bits !== 0n) return illegal(word, `${op}: bits from ${bits} are zero`)
    const { opcode: _, ...values } = unpackFields(fields, word)
    const instruction = { op, ...values } as unknown as Legal
    const broken = firstBroken(layout.rules, instruction)
    return broken === undefined ? instruction : illegal(word, `${op}: ${broken}`)
  }

  return { table, brokenRule, encode, packInstruction, decode }
}

/** The machine's own. */
export const instructionSet = instructionSetOf(instructions)
export const { encode, packInstruction, decode } = instructionSet

/** All fields of an instruction's word in order, opcode and masks included. */
export const wordFields = (op: Mnemonic): Fields => wordFieldsOf(instructions[op])

/** Instructions as bytes: 16 each, little-endian. @throws DlpError as `encode` does. */
export function encodeProgramWords(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * instructionBytes)
  const view = new DataView(bytes.buffer)
  program.forEach((instruction, index) => {
    const word = encode(instruction)
    view.setBigUint64(index * instructionBytes, BigInt.asUintN(64, word), true)
    view.setBigUint64(index * instructionBytes + 8, word >> 64n, true)
  })
  return bytes
}

/** The inverse of `encodeProgramWords`. @throws DlpError unless the bytes are whole instructions. */
export function decodeProgramWords(bytes: Uint8Array, where = 'instructions'): Instruction[] {
  if (bytes.length % instructionBytes !== 0) {
    throw new DlpError({
      what: `${bytes.length} bytes`,
      where,
      allowed: `whole instructions of ${instructionBytes} bytes`,
    })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / instructionBytes }, (_, index) => {
    const at = index * instructionBytes
    return decode(view.getBigUint64(at, true) | (view.getBigUint64(at + 8, true) << 64n))
  })
}

const isIllegal = (instruction: { readonly op: string }): instruction is IllegalInstruction =>
  instruction.op === 'Illegal'

function illegal(word: bigint, reason: string): IllegalInstruction {
  return { op: 'Illegal', word: BigInt.asUintN(instructionBits, word), reason }
}
