// The instruction types, derived from the table; an illegal word is an instruction too.
import type { Mnemonic } from './instructions.ts'
import type { instructions } from './instructions.ts'

/** Field values by name; every instruction also carries its semaphore masks. */
export type Operands<M extends Mnemonic> = { readonly [K in keyof (typeof instructions)[M]['fields']]: number }

/** One instruction of the table: mnemonic, masks, fields. */
export type LegalInstruction = {
  [M in Mnemonic]: { readonly op: M; readonly wait: number; readonly signal: number } & Operands<M>
}[Mnemonic]

/** A word that no instruction encodes: halts with a status. */
export interface IllegalInstruction {
  readonly op: 'Illegal'
  readonly word: bigint
  readonly reason: string
}

export type Instruction = LegalInstruction | IllegalInstruction
export type InstructionOf<M extends Mnemonic> = Extract<LegalInstruction, { readonly op: M }>

/** The index of the HALT that ends what begins at `first`; −1 where none does. */
export const haltOf = (instructions: readonly Instruction[], first: number): number =>
  instructions.findIndex(({ op }, index) => index >= first && op === 'HALT')
