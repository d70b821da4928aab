// The error of a program that stands still.
import { deadlockOf } from '../isa/container/verify-semaphores.ts'
import { DlpError } from '../base/error.ts'
import type { Instruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'

/** Says what every queue's head waits for: where a run stands still does not depend on time. */
export function deadlock(machine: Machine, program: readonly Instruction[], first: number, halt: number): DlpError {
  const why = deadlockOf(program, first, halt, machine.queueDepth)
  // Whatever the units do, they come to where waits and signals alone come to.
  if (why === undefined) throw new Error('the simulator stands still where the program does not')
  return new DlpError({
    what: `deadlock: ${why}`,
    where: 'program',
    allowed: 'an order of instructions in which every wait is signalled by an instruction that can be issued before it',
  })
}
