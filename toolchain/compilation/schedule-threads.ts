// Threads that schedule row groups beside the compiler. The compiler does not wait for the event loop, so that they talk by shared counters and by messages that
// are fetched, not delivered.

import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { GroupSchedule } from '../../compiler/schedule/group.ts'
import { numberedGroups, type ParallelScheduler, type SharedWork } from '../../compiler/schedule/parallel.ts'
import type { LayerJob } from '../../compiler/schedule/layer.ts'
import { openWorker, workerFile } from '../../base/worker-module.ts'

/** What a thread gets: all jobs, and two counters. */
export interface ThreadWork {
  readonly jobs: readonly LayerJob[]
  /** Int32: the next group that nobody has taken; how many are scheduled */
  readonly counters: SharedArrayBuffer
}

/** What it answers: a group's number and its schedule; undefined where that failed. */
export interface ThreadAnswer {
  readonly at: number
  readonly schedule: GroupSchedule | undefined
}

/** The counters' places. */
export const [taken, done] = [0, 1]

/** A thread that has died answers nothing more: what it took is then scheduled once more. */
const patienceMs = 20_000

/**
 * Threads that start where there is work enough for them. They keep no process alive.
 * @param workers threads in all, the caller's among them
 * @param least weights that are not zero, for fewer of which no thread starts
 */
export function scheduleThreads(workers = availableParallelism(), least = leastNonZeros): ParallelScheduler {
  const others = Math.min(workers, mostWorkers) - 1
  return {
    start: (jobs) =>
      others < 1 || nonZerosOf(jobs) < least ? undefined : startWork(jobs, Array.from({ length: others }, startThread)),
  }
}

/** More would wait for the jobs to be copied longer than they work. */
const mostWorkers = 16

/** Half a second of one core: a thread has to load the scheduler, and runs it slowly at first. */
const leastNonZeros = 500_000

function nonZerosOf(jobs: readonly LayerJob[]): number {
  return jobs.reduce((all, { sources }) => all + sources.reduce((sum, { weights }) => sum + weights.value.length, 0), 0)
}

function startThread(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  // A failure shows by answers that do not come.
  openWorker(workerFile('toolchain/compilation/schedule-worker'), port2, [port2])
    .on('error', () => {})
    .unref()
  return port1
}

function startWork(jobs: readonly LayerJob[], ports: readonly MessagePort[]): SharedWork {
  const count = numberedGroups(jobs).length
  const work: ThreadWork = { jobs, counters: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT) }
  const counters = new Int32Array(work.counters)
  for (const port of ports) port.postMessage(work)
  return {
    take: () => {
      const at = Atomics.add(counters, taken, 1)
      return at < count ? at : undefined
    },
    put: () => Atomics.add(counters, done, 1) + 1,
    finish: (onDone) => {
      for (let now = Atomics.load(counters, done); now < count;) {
        const isLate = Atomics.wait(counters, done, now, patienceMs) === 'timed-out'
        now = Atomics.load(counters, done)
        onDone(now)
        if (isLate) break
      }
      const answers = new Map(ports.flatMap(answersOf))
      // A thread without a port ends.
      for (const port of ports) port.close()
      return answers
    },
  }
}

function answersOf(port: MessagePort): (readonly [number, GroupSchedule])[] {
  const answers: (readonly [number, GroupSchedule])[] = []
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const { at, schedule } = next.message as ThreadAnswer
    if (schedule !== undefined) answers.push([at, schedule])
  }
  return answers
}
