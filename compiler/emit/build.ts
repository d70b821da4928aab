// Instructions under construction: fields that are not named are zero.
import { instructions as table, type Mnemonic } from '../../isa/instructions.ts'
import type { InstructionOf, LegalInstruction, Operands } from '../../isa/instruction.ts'
import type { RunPlan } from '../tasks/access.ts'
import type { Links } from '../tasks/sync.ts'
import type { Timing } from '../tasks/time.ts'

/** Addresses of constants in their region, in units of 64 bytes. */
export interface ConstantAddresses {
  /** [row groups of an image] */
  readonly weights: readonly number[]
  readonly parameters: number
  /** [layers] */
  readonly tables: readonly number[]
}

/** All from which the fields of instructions are derived. */
export interface Context extends RunPlan {
  readonly timing: Timing
  readonly addresses: ConstantAddresses
}

/** The numbers of DRAM regions in the fields of instructions. */
export const region = { constants: 0, input: 1, output: 2, scratch: 3 } as const

/** An instruction with the given fields, all others zero; it neither waits nor signals. */
export function instruction<M extends Mnemonic>(op: M, fields: Partial<Operands<M>>): InstructionOf<M> {
  const zeros = Object.fromEntries(Object.keys(table[op].fields).map((name) => [name, 0]))
  return { op, wait: 0, signal: 0, ...zeros, ...fields } as unknown as InstructionOf<M>
}

/** The instructions of a task: the first waits, the last signals. */
export const linked = (instructions: readonly LegalInstruction[], { wait, signal }: Links): LegalInstruction[] =>
  instructions.map((each, at) => ({
    ...each,
    wait: at === 0 ? wait : 0,
    signal: at === instructions.length - 1 ? signal : 0,
  }))
