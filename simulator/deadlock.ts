// Explains a program that stands still: which queue heads wait for which semaphores, and who would signal them.
import { DlpError } from '../isa/error.ts'
import type { Instruction } from '../isa/instruction.ts'
import type { Queue } from '../isa/instructions.ts'
import { instructionText } from '../isa/semantics/fault.ts'
import { workQueues } from './dlp_dispatch.ts'
import type { Dispatch } from './dlp_dispatch.ts'
import { semaphoresIn } from './dlp_semaphores.ts'
import type { Semaphores } from './dlp_semaphores.ts'

/** The error of a deadlock. */
export function deadlock(
  dispatch: Dispatch,
  semaphores: Semaphores,
  producers: ReadonlyMap<number, Queue>,
  program: readonly Instruction[],
): DlpError {
  const heads = workQueues.flatMap((queue) => {
    const head = dispatch.queues[queue][0]
    if (head === undefined) return []
    const lacking = semaphoresIn(semaphores.lacking(head.instruction.wait))
    const signals = lacking.map(
      (semaphore) => `${semaphore} (${signallers(semaphore, producers, program, dispatch.counter)})`,
    )
    return [
      `the ${queue} queue's head ${instructionText(head.instruction, head.record.index)} waits for semaphore ${signals.join(', ')}`,
    ]
  })
  const next = program[dispatch.counter]
  const stuck =
    dispatch.halting || next === undefined
      ? 'HALT waits for the queues'
      : `dispatch waits to place ${instructionText(next, dispatch.counter)}`
  return new DlpError({
    what: `deadlock: ${[...heads, stuck].join('; ')}`,
    where: 'program',
    allowed:
      'an order of instructions in which every wait is signalled by an instruction that can be dispatched before it',
  })
}

function signallers(
  semaphore: number,
  producers: ReadonlyMap<number, Queue>,
  program: readonly Instruction[],
  counter: number,
): string {
  const queue = producers.get(semaphore)
  if (queue === undefined) return 'nothing signals it'
  const waiting = program.findIndex(
    (instruction, index) =>
      index >= counter && instruction.op !== 'Illegal' && (instruction.signal & (1 << semaphore)) !== 0,
  )
  return waiting < 0
    ? `signalled by the ${queue} queue, no more often`
    : `next signalled by #${waiting} in the ${queue} queue`
}
