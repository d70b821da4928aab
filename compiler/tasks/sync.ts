// Signals and waits, derived from the tasks' accesses: any two tasks of different queues that conflict in a memory are ordered.
import { defined, elementAt } from '../../base/defined.ts'
import { semaphoreBits, workQueues, type WorkQueue } from '../../isa/instructions.ts'
import { accessesOf, type TaskMemory, type RunPlan } from './access.ts'
import { ConflictMap } from './conflicts.ts'
import { queueOf, type Task } from './task.ts'

/** What one semaphore counts: completed tasks of one queue for which tasks of another wait, because of conflicts in one memory. Its index is its number. */
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
  /** a chunk of the input is loaded */
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
  /** the input is no longer read: the next image's may be loaded */
  between('compute', 'load', 'feature'),
  /** the logits are stored: the next image's may be written */
  between('load', 'compute', 'logits'),
  /** the first image's input has been transferred: weights may use the bus */
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
 * The links of every task of a run. Queues keep their order, so a task waits only for the latest task of each other queue with which it conflicts,
 * and only if no task before it in its queue has waited for that one or a later one. Each wait has one signal. The producer comes before the
 * consumer in program order, so that nothing waits for what is dispatched after it.
 * @param tasks in program order
 */
export function syncTasks(run: RunPlan, tasks: readonly Task[]): Links[] {
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
    const accesses = accessesOf(run, task)
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
    if (mostAhead(tasks, links, semaphore, run.plan.machine.queueDepth) > mostCounted)
      throw new Error(`semaphore ${semaphore} would count above ${mostCounted}`)
  return links
}

/** A conflict between queues without a semaphore is a fault of the table of classes. */
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
        throw new Error(`no semaphore orders ${task.kind} after the ${producer} queue in the ${each.memory} memory`)
    }
}

/**
 * The most that a semaphore can count. Dispatch is in program order, and a queue holds a limited number of tasks. So until a consumer has issued,
 * nothing is dispatched after the task that would overfill its queue, and no producer after that task has signalled.
 */
export function mostAhead(
  tasks: readonly Task[],
  links: readonly Links[],
  semaphore: number,
  queueDepth: number,
): number {
  const bit = 1 << semaphore
  const { consumer } = elementAt(semaphoreClasses, semaphore)
  const indices = (has: (index: number) => boolean): number[] => [...tasks.keys()].filter(has)
  const signals = indices((index) => (links[index]!.signal & bit) !== 0)
  const waits = indices((index) => (links[index]!.wait & bit) !== 0)
  const queue = indices((index) => queueOf(tasks[index]!) === consumer)
  const rank = new Map(queue.map((index, at) => [index, at]))
  let [most, before] = [0, 0]
  waits.forEach((wait, issued) => {
    const limit = queue[defined(rank.get(wait)) + queueDepth + 1] ?? tasks.length
    while (before < signals.length && signals[before]! < limit) before++
    most = Math.max(most, before - issued)
  })
  return most
}
