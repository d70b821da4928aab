// Whether a program's entries run to their HALT: no deadlock, no semaphore that overflows or is left above zero.

import { defined } from '../../base/defined.ts'
import { haltOf } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { workQueues } from '../instructions.ts'
import type { Program } from '../program.ts'
import {
  allSemaphores,
  greatestSemaphore,
  overflowingSignal,
  semaphoreQueues,
  semaphoresIn,
  UntimedQueues,
} from '../semaphores.ts'

/** The rules about semaphores that a program breaks. Entries without HALT or with illegal words break other rules and are skipped. */
export function verifySemaphores({ instructions, entry, machine }: Program): string[] {
  const entries = [
    ['init', entry.init, entry.infer],
    ['infer', entry.infer, instructions.length],
  ] as const
  return entries.flatMap(([name, first, end]) => {
    const halt = haltOf(instructions, first)
    if (first < 0 || halt < 0 || halt >= end) return []
    for (let index = first; index < halt; index++) if (instructions[index]!.op === 'Illegal') return []
    return verifyEntry(name, instructions, first, halt, machine.queueDepth)
  })
}

function verifyEntry(
  name: string,
  program: readonly Instruction[],
  first: number,
  halt: number,
  queueDepth: number,
): string[] {
  const { conflict } = semaphoreQueues(program, first, halt + 1)
  if (conflict !== undefined) {
    const { index, semaphore, does, queue, other } = conflict
    return [
      `${at(program, index)} ${does} semaphore ${semaphore} in the ${queue} queue, as the ${other} queue does; one queue ${does} it`,
    ]
  }
  const make = (): UntimedQueues => new UntimedQueues(program, first, halt, queueDepth)
  const broken = semaphoresIn(allSemaphores).flatMap((semaphore) => {
    if (signallers(program, first, halt, semaphore).length <= greatestSemaphore) return []
    const found = overflowingSignal(make, semaphore)
    if (found === undefined) return []
    const late = found.waiting === undefined ? '' : `, where ${at(program, found.waiting)} has yet to take from it`
    return [`${at(program, found.index)} can raise semaphore ${semaphore} above ${greatestSemaphore}${late}`]
  })
  const queues = make()
  queues.run()
  if (!queues.finished()) return [...broken, `entry ${name} deadlocks: ${deadlockText(program, first, halt, queues)}`]
  const left = semaphoresIn(allSemaphores).filter((semaphore) => queues.counts[semaphore]! > 0)
  return [
    ...broken,
    ...left.map((semaphore) => {
      const signaller = defined(signallers(program, first, halt, semaphore).at(-1))
      return `entry ${name} leaves semaphore ${semaphore} at ${queues.counts[semaphore]!}: ${at(program, signaller)} signals it last, and nothing waits for that`
    }),
  ]
}

/**
 * Why the run of an entry deadlocks; undefined if it does not.
 * @param first the entry's first instruction
 * @param halt its HALT; nothing before it is illegal, and each semaphore has its two queues
 */
export function deadlockOf(
  program: readonly Instruction[],
  first: number,
  halt: number,
  queueDepth: number,
): string | undefined {
  const queues = new UntimedQueues(program, first, halt, queueDepth)
  queues.run()
  return queues.finished() ? undefined : deadlockText(program, first, halt, queues)
}

/** What every queue's head waits for, which instruction would signal it, and where dispatch stopped. */
function deadlockText(program: readonly Instruction[], first: number, halt: number, queues: UntimedQueues): string {
  const waits = workQueues.flatMap((queue) => {
    const head = queues.head(queue)
    if (head === undefined) return []
    const lacking = queues
      .lacking(head)
      .map((semaphore) => `semaphore ${semaphore}, ${signallerOf(program, first, halt, queues, semaphore)}`)
    return [`${at(program, head)}, the head of the ${queue} queue, waits for ${lacking.join(', and for ')}`]
  })
  const { counter } = queues
  // A signal that can never come is the cause; the other queues wait for it.
  const isCause = (text: string): number => (text.includes('which nothing signals') ? 0 : 1)
  return [
    ...waits.toSorted((a, b) => isCause(a) - isCause(b)),
    counter === halt ? 'HALT waits for the queues' : `${at(program, counter)} waits for room in its queue`,
  ].join('; ')
}

/** The instruction that would signal a semaphore next, and why it does not. */
function signallerOf(
  program: readonly Instruction[],
  first: number,
  halt: number,
  queues: UntimedQueues,
  semaphore: number,
): string {
  for (const queue of workQueues) {
    const [head, ...others] = queues.waiting(queue)
    if (head !== undefined && signals(program, head, semaphore))
      return `which ${at(program, head)} signals, the head of the ${queue} queue`
    const found = others.find((index) => signals(program, index, semaphore))
    if (found !== undefined) return `which ${at(program, found)} signals, behind the head of the ${queue} queue`
  }
  const all = signallers(program, first, halt, semaphore)
  const next = all.find((index) => index >= queues.counter)
  if (next !== undefined) return `which ${at(program, next)} signals, not yet dispatched`
  return all.length === 0 ? 'which nothing signals' : `which nothing signals after ${at(program, defined(all.at(-1)))}`
}

const at = (program: readonly Instruction[], index: number): string => `instruction ${index} (${program[index]!.op})`

function signals(program: readonly Instruction[], index: number, semaphore: number): boolean {
  const instruction = program[index]!
  return instruction.op !== 'Illegal' && (instruction.signal & (1 << semaphore)) !== 0
}

function signallers(program: readonly Instruction[], first: number, halt: number, semaphore: number): number[] {
  const found: number[] = []
  for (let index = first; index < halt; index++) if (signals(program, index, semaphore)) found.push(index)
  return found
}
