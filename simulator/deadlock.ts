// The error of a deadlock.
import { deadlockOf } from '../isa/container/verify-semaphores.ts'
import { DlpError } from '../base/error.ts'
import type { Instruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'

/** States what every queue's head waits for. Where a program deadlocks does not depend on cycles, so that waits and signals alone decide it. */
export function deadlock(machine: Machine, program: readonly Instruction[], first: number, halt: number): DlpError {
  const why = deadlockOf(program, first, halt, machine.queueDepth)
  // The units add no waits of their own: a run that is stopped here without a deadlock by semaphores is a bug of the simulator.
  if (why === undefined) throw new Error('the simulator makes no progress, but the program has no deadlock')
  return new DlpError({
    what: `deadlock: ${why}`,
    where: 'program',
    allowed: 'an order of instructions in which every wait is signalled by an instruction that can be issued before it',
  })
}
