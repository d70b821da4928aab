// Instructions to 128-bit words and back, derived from the table: opcode, wait, signal, then the fields from the low bits up.

import { fieldsBits, packFields, unpackFields } from '../base/bits.ts'
import type { Fields } from '../base/bits.ts'
import { DlpError } from '../base/error.ts'
import type { IllegalInstruction, Instruction, LegalInstruction } from './instruction.ts'
import type { Mnemonic } from './instructions.ts'
import type { Field } from '../base/bits.ts'
import { commonFields, instructionBits, instructions, opcodeBits } from './instructions.ts'
import { brokenRule } from './validate.ts'

/** Bytes of an encoded instruction. */
export const instructionBytes = instructionBits / 8

const opcode = { bits: opcodeBits, summary: 'which instruction' } as const satisfies Field
const headFields = { opcode, ...commonFields }

/** All fields of an instruction's word in order, opcode and masks included. */
export const wordFields = (op: Mnemonic): Fields => ({ ...headFields, ...instructions[op].fields })

const mnemonics = Object.keys(instructions) as Mnemonic[]
const mnemonicOf = new Map(mnemonics.map((op) => [instructions[op].opcode as number, op]))
const layouts = new Map(
  mnemonics.map((op) => [op, { fields: wordFields(op), bits: BigInt(fieldsBits(wordFields(op))) }]),
)

/**
 * The word of an instruction; an illegal one keeps its own.
 * @throws DlpError for a field out of its range or a broken rule that holds on every machine.
 */
export function encode(instruction: Instruction): bigint {
  if (instruction.op === 'Illegal') return BigInt.asUintN(instructionBits, instruction.word)
  const broken = brokenRule(instruction)
  if (broken !== undefined) throw new DlpError({ what: 'no such instruction', where: instruction.op, allowed: broken })
  return packInstruction(instruction)
}

/** The word of an instruction, without asking whether it keeps the rules. */
export function packInstruction(instruction: LegalInstruction): bigint {
  const { op, ...values } = instruction
  return packFields(layouts.get(op)!.fields, { opcode: instructions[op].opcode, ...values }, op)
}

/** The instruction of a word: an unknown opcode, bits beyond the fields or a broken rule give an illegal one. */
export function decode(word: bigint): Instruction {
  const op = mnemonicOf.get(Number(BigInt.asUintN(opcodeBits, word)))
  if (op === undefined) return illegal(word, `no instruction has opcode ${BigInt.asUintN(opcodeBits, word)}`)
  const { fields, bits } = layouts.get(op)!
  if (BigInt.asUintN(instructionBits, word) >> bits !== 0n) return illegal(word, `${op}: bits from ${bits} are zero`)
  const { opcode: _, ...values } = unpackFields(fields, word)
  const instruction = { op, ...values } as unknown as LegalInstruction
  const broken = brokenRule(instruction)
  return broken === undefined ? instruction : illegal(word, `${op}: ${broken}`)
}

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

function illegal(word: bigint, reason: string): IllegalInstruction {
  return { op: 'Illegal', word: BigInt.asUintN(instructionBits, word), reason }
}
