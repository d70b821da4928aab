// The instruction types, derived from the table; an illegal word is an instruction too.
import { instructions, sequencedMnemonics } from './instructions.ts'
import type { InstructionKind, InstructionTable, Mnemonic, MnemonicOfKind, SequencedMnemonic } from './instructions.ts'

/** Field values by name. */
type FieldsOf<Entry extends InstructionTable[string]> = { readonly [Name in keyof Entry['fields']]: number }
export type Operands<M extends Mnemonic> = FieldsOf<(typeof instructions)[M]>

/** One instruction of a table: mnemonic, semaphore masks, fields. */
export type LegalInstructionIn<Table extends InstructionTable> = {
  [M in keyof Table & string]: { readonly op: M; readonly wait: number; readonly signal: number } & FieldsOf<Table[M]>
}[keyof Table & string]
export type LegalInstruction = LegalInstructionIn<typeof instructions>

/** An instruction of whatever table. */
export interface AnyInstruction {
  readonly op: string
}

/** A word that no instruction encodes: halts with a status. */
export interface IllegalInstruction {
  readonly op: 'Illegal'
  readonly word: bigint
  readonly reason: string
}

export type InstructionIn<Table extends InstructionTable> = LegalInstructionIn<Table> | IllegalInstruction
export type Instruction = LegalInstruction | IllegalInstruction
export type InstructionOf<M extends Mnemonic> = Extract<LegalInstruction, { readonly op: M }>

export type BankOperation = InstructionOf<MnemonicOfKind<'bankOperation'>>
/** An instruction that transfers bytes between DRAM and the machine. */
export type DramTransfer = InstructionOf<MnemonicOfKind<'load' | 'store'>>

export type SequencedInstruction = InstructionOf<SequencedMnemonic>

const isOf =
  <Kind extends InstructionKind>(...kinds: readonly Kind[]) =>
  (instruction: Instruction): instruction is InstructionOf<MnemonicOfKind<Kind>> =>
    instruction.op !== 'Illegal' && (kinds as readonly InstructionKind[]).includes(instructions[instruction.op].kind)

export const isBankOperation = isOf('bankOperation')
export const isSetting = isOf('setting')
export const isStore = isOf('store')
export const isDramTransfer = isOf('load', 'store')

const sequenced: ReadonlySet<string> = new Set(sequencedMnemonics)

export const isSequenced = (instruction: Instruction): instruction is SequencedInstruction =>
  sequenced.has(instruction.op)

/** The index of the HALT that ends what begins at `first`; −1 where none does. */
export const haltOf = (program: readonly Instruction[], first: number): number =>
  program.findIndex(({ op }, index) => index >= first && op === 'HALT')
