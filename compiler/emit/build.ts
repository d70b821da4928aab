// Instructions under construction: fields that are not named are zero, semaphores are named by what they count.
import { instructions, type Mnemonic } from '../../isa/instructions.ts'
import type { InstructionOf, LegalInstruction, Operands } from '../../isa/instruction.ts'

/** What each semaphore counts, and between which queues. */
export const semaphore = {
  /** load → compute: a piece of the input lies in the feature memory */
  input: 0,
  /** parameter → compute: a table block is loaded */
  table: 1,
  /** compute → parameter: a table block is no longer read */
  tableFree: 2,
  /** parameter → compute: a row group's weights are loaded (streamed weights) */
  weights: 3,
  /** compute → parameter: a row group's weights are no longer read (streamed weights) */
  weightsFree: 4,
  /** compute → load: the logits are written */
  logits: 5,
  /** compute → load: the input has been read, the next image's may come */
  inputFree: 6,
  /** load → compute: the logits are stored, the next image's may be written */
  logitsFree: 7,
} as const
export type Semaphore = keyof typeof semaphore

/** The mask of some semaphores. */
export const mask = (names: readonly Semaphore[]): number =>
  names.reduce((bits, name) => bits | (1 << semaphore[name]), 0)

export interface Links {
  readonly wait?: readonly Semaphore[]
  readonly signal?: readonly Semaphore[]
}

/** An instruction with the given fields, all others zero. */
export function instruction<M extends Mnemonic>(
  op: M,
  fields: Partial<Operands<M>>,
  { wait = [], signal = [] }: Links = {},
): InstructionOf<M> {
  const zeros = Object.fromEntries(Object.keys(instructions[op].fields).map((name) => [name, 0]))
  return { op, wait: mask(wait), signal: mask(signal), ...zeros, ...fields } as unknown as InstructionOf<M>
}

/** The same instruction, waiting for or signalling more. */
export function link<I extends LegalInstruction>(target: I, { wait = [], signal = [] }: Links): I {
  return { ...target, wait: target.wait | mask(wait), signal: target.signal | mask(signal) }
}
