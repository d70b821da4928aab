// Signals and waits, derived from what tasks touch: any two tasks of different queues that conflict in a memory are ordered.
import { defined, elementAt } from '../../base/defined.ts'
import { semaphoreBits, workQueues, type WorkQueue } from '../../isa/instructions.ts'
import { accessesOf, type TaskMemory, type Placement } from './access.ts'
import { ConflictMap } from './conflicts.ts'
import { queueOf, type Task } from './task.ts'

/** What one semaphore counts: tasks of a queue with which tasks of another conflict in a memory. Its number is its index. */
export interface SemaphoreClass {
  readonly producer: WorkQueue
  readonly consumer: WorkQueue
  readonly memory: TaskMemory
}

const between = (producer: WorkQueue, consumer: WorkQueue, memory: TaskMemory): SemaphoreClass => ({
  producer,
  consumer,
  memory,
})

export const semaphoreClasses: readonly SemaphoreClass[] = [
  /** a piece of the input lies in the feature memory */
  between('load', 'compute', 'feature'),
  /** a table block is loaded */
  between('parameter', 'compute', 'table'),
  /** a table block is no longer read */
  between('compute', 'parameter', 'table'),
  /** a row group's weights are loaded */
  between('parameter', 'compute', 'weights'),
  /** a row group's weights are no longer read */
  between('compute', 'parameter', 'weights'),
  /** logits are written */
  between('compute', 'load', 'logits'),
  /** the input has been read, the next image's may come */
  between('compute', 'load', 'feature'),
  /** the logits are stored, the next image's may be written */
  between('load', 'compute', 'logits'),
  /** the first image's input has had the bus, weights may come */
  between('load', 'parameter', 'bus'),
  /** a row group's parameters are loaded */
  between('parameter', 'compute', 'parameters'),
  /** a row group's parameters are no longer read */
  between('compute', 'parameter', 'parameters'),
]

/** Masks of semaphores: what a task's first instruction waits for, and what its last one signals. */
export interface Links {
  readonly wait: number
  readonly signal: number
}

const mostCounted = 2 ** semaphoreBits - 1

type ByMemory = Readonly<Record<TaskMemory, ConflictMap>>

/**
 * The links of every task of a run. A queue keeps its order, so a task waits for the latest task of each other queue with which it conflicts, and
 * only where none before it in its queue has waited for that one or a later one. Each wait has one signal, and the producer stands before
 * the consumer in program order: nothing waits for what is dispatched behind it.
 * @param tasks in program order
 */
export function syncTasks(placement: Placement, tasks: readonly Task[]): Links[] {
  const wait = new Array<number>(tasks.length).fill(0)
  const signal = new Array<number>(tasks.length).fill(0)
  const maps: ByMemory = {
    feature: new ConflictMap(),
    weights: new ConflictMap(),
    parameters: new ConflictMap(),
    table: new ConflictMap(),
    logits: new ConflictMap(),
    bus: new ConflictMap(),
  }
  /** [semaphores] the latest producer for which the consumer's queue has waited */
  const waited = new Array<number>(semaphoreClasses.length).fill(-1)
  tasks.forEach((task, index) => {
    const consumer = queueOf(task)
    const accesses = accessesOf(placement, task)
    for (const [semaphore, { producer, consumer: waiting, memory }] of semaphoreClasses.entries()) {
      if (waiting !== consumer) continue
      const latest = Math.max(
        -1,
        ...accesses.map((each) => (each.memory === memory ? maps[memory].latest(each, producer) : -1)),
      )
      if (latest <= waited[semaphore]!) continue
      waited[semaphore] = latest
      wait[index]! |= 1 << semaphore
      signal[latest]! |= 1 << semaphore
    }
    refuseUnordered(task, accesses, maps)
    for (const each of accesses) maps[each.memory].note(each, consumer, index)
  })
  const links = tasks.map((_, index) => ({ wait: wait[index]!, signal: signal[index]! }))
  for (const semaphore of semaphoreClasses.keys())
    if (mostAhead(tasks, links, semaphore, placement.plan.machine.queueDepth) > mostCounted)
      throw new Error(`semaphore ${semaphore} would count above ${mostCounted}`)
  return links
}

/** A conflict between queues for which there is no semaphore is a fault of this table. */
function refuseUnordered(task: Task, accesses: ReturnType<typeof accessesOf>, maps: ByMemory): void {
  const consumer = queueOf(task)
  for (const each of accesses)
    for (const producer of workQueues) {
      if (producer === consumer || maps[each.memory].latest(each, producer) < 0) continue
      if (
        !semaphoreClasses.some(
          (known) => known.producer === producer && known.consumer === consumer && known.memory === each.memory,
        )
      )
        throw new Error(`no semaphore orders ${task.kind} behind the ${producer} queue in the ${each.memory} memory`)
    }
}

/**
 * How far a semaphore can count at most. Dispatch is in program order and a queue holds a few tasks: until a task has issued, nothing behind the
 * one that would exceed its queue is dispatched, so that no producer behind that has signalled.
 */
export function mostAhead(
  tasks: readonly Task[],
  links: readonly Links[],
  semaphore: number,
  queueDepth: number,
): number {
  const bit = 1 << semaphore
  const { consumer } = elementAt(semaphoreClasses, semaphore)
  const places = (has: (index: number) => boolean): number[] => [...tasks.keys()].filter(has)
  const signals = places((index) => (links[index]!.signal & bit) !== 0)
  const waits = places((index) => (links[index]!.wait & bit) !== 0)
  const queue = places((index) => queueOf(tasks[index]!) === consumer)
  const rank = new Map(queue.map((index, at) => [index, at]))
  let [most, before] = [0, 0]
  waits.forEach((wait, issued) => {
    const limit = queue[defined(rank.get(wait)) + queueDepth + 1] ?? tasks.length
    while (before < signals.length && signals[before]! < limit) before++
    most = Math.max(most, before - issued)
  })
  return most
}
