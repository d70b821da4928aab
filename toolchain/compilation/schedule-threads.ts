// Threads that schedule row groups in parallel with the compiler. The compiler never returns to the event loop while it schedules, so that they communicate by
// shared counters, and by messages that the compiler reads synchronously.

import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { GroupSchedule } from '../../compiler/schedule/group.ts'
import { numberedGroups, type ParallelScheduler, type SharedWork } from '../../compiler/schedule/parallel.ts'
import type { LayerJob } from '../../compiler/schedule/layer.ts'
import { openWorker, workerFile } from '../../base/worker-module.ts'

/** Sent to a thread: all jobs, and two counters. */
export interface ThreadJobs {
  readonly jobs: readonly LayerJob[]
  /** Int32: the next group to be taken, and the number of scheduled groups */
  readonly counters: SharedArrayBuffer
}

/** Sent by a thread: a group's index and its schedule, which is undefined where scheduling failed. */
export interface ThreadResult {
  readonly at: number
  readonly schedule: GroupSchedule | undefined
}

/** Indices of the counters. */
export const [taken, done] = [0, 1]

/** After this time without a result the threads count as failed, and the caller schedules what they took. */
const threadTimeoutMs = 20_000

/**
 * Threads that start if there is enough work for them. They do not keep the process alive.
 * @param workers number of threads, the caller's included
 * @param least number of non-zero weights below which no thread starts
 */
export function scheduleThreads(workers = availableParallelism(), least = leastNonZeros): ParallelScheduler {
  const others = Math.min(workers, maximumWorkers) - 1
  return {
    start: (jobs) =>
      others < 1 || nonZerosOf(jobs) < least
        ? undefined
        : startThreads(jobs, Array.from({ length: others }, startThread)),
  }
}

/** More threads would spend more time on copying the jobs than on scheduling. */
const maximumWorkers = 16

/** Half a second of one core: a thread must load the scheduler, and is slow at first. */
const leastNonZeros = 500_000

function nonZerosOf(jobs: readonly LayerJob[]): number {
  return jobs.reduce((all, { sources }) => all + sources.reduce((sum, { weights }) => sum + weights.value.length, 0), 0)
}

function startThread(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  // A thread that fails sends no results.
  openWorker(workerFile('toolchain/compilation/schedule-worker'), port2, [port2])
    .on('error', () => {})
    .unref()
  return port1
}

function startThreads(jobs: readonly LayerJob[], ports: readonly MessagePort[]): SharedWork {
  const count = numberedGroups(jobs).length
  const shared: ThreadJobs = { jobs, counters: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT) }
  const counters = new Int32Array(shared.counters)
  for (const port of ports) port.postMessage(shared)
  return {
    take: () => {
      const at = Atomics.add(counters, taken, 1)
      return at < count ? at : undefined
    },
    put: () => Atomics.add(counters, done, 1) + 1,
    finish: (onDone) => {
      for (let scheduled = Atomics.load(counters, done); scheduled < count;) {
        const isTimeout = Atomics.wait(counters, done, scheduled, threadTimeoutMs) === 'timed-out'
        scheduled = Atomics.load(counters, done)
        onDone(scheduled)
        if (isTimeout) break
      }
      const schedules = new Map(ports.flatMap(resultsOf))
      // A thread ends when its port is closed.
      for (const port of ports) port.close()
      return schedules
    },
  }
}

function resultsOf(port: MessagePort): (readonly [number, GroupSchedule])[] {
  const results: (readonly [number, GroupSchedule])[] = []
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const { at, schedule } = next.message as ThreadResult
    if (schedule !== undefined) results.push([at, schedule])
  }
  return results
}
