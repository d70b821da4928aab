// Runs jobs on all cores: the caller's side and the worker's side.

import { on } from 'node:events'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { parentPort, type Worker, workerData } from 'node:worker_threads'
import { defined, elementAt } from './defined.ts'
import { type Complaint, DlpError } from './error.ts'
import { openWorker, type WorkerInput } from './worker-module.ts'

export interface PoolOptions<Job, Result> {
  /** threads; one for each core if not given */
  readonly workers?: number
  /** called after each job */
  readonly onResult?: () => void
  /** computes a job in the calling thread, which then counts as one of the workers */
  readonly local?: (job: Job) => Result | Promise<Result>
}

interface NumberedJob<Job> {
  readonly index: number
  readonly job: Job
}

type Reply<Result> =
  | { readonly index: number; readonly result: Result }
  // An error loses its class between threads, so the complaint of a DlpError is sent instead.
  | { readonly index: number; readonly complaint: Complaint }

/** Jobs that a worker holds at once: the next one is already there when it has finished one, even while the calling thread computes. */
const jobsAhead = 2

/**
 * Runs every job in worker threads; each worker takes the next job when it is ready.
 * @param module a file that calls `serveJobs`
 * @param setup sent to every worker once; it and the jobs are copied, each job when a worker takes it
 * @returns the results in the order of the jobs
 * @throws the first error of a worker, after all workers are stopped
 */
export async function runOnAllCores<Setup, Job, Result>(
  module: URL,
  setup: Setup,
  jobs: readonly Job[],
  { workers = availableParallelism(), onResult, local }: PoolOptions<Job, Result> = {},
): Promise<Result[]> {
  const results: Result[] = Array.from({ length: jobs.length })
  let taken = 0
  const count = Math.min(workers, jobs.length) - (local === undefined ? 0 : 1)
  const threads = Array.from({ length: count }, () => openWorker(module, setup))
  try {
    await Promise.all([...threads.map(runIn), ...(local === undefined ? [] : [runLocally(local)])])
  } finally {
    taken = jobs.length
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  return results

  /** The next job; undefined where there is none. */
  function next(): NumberedJob<Job> | undefined {
    if (taken >= jobs.length) return undefined
    const index = taken++
    return { index, job: elementAt(jobs, index) }
  }

  function store(index: number, result: Result): void {
    results[index] = result
    onResult?.()
  }

  /** Resolves when there are no more jobs and the worker has finished all of its own; rejects when it fails. */
  function runIn(thread: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        taken = jobs.length
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      thread.on('message', (reply: Reply<Result>) => {
        if ('complaint' in reply) return fail(new DlpError(reply.complaint))
        store(reply.index, reply.result)
        thread.postMessage(next())
      })
      thread.on('error', fail)
      thread.on('exit', (code) => (code === 0 ? resolve() : fail(new Error(`a worker ended with ${code}`))))
      for (let sent = 0; sent < jobsAhead; sent++) thread.postMessage(next())
    })
  }

  async function runLocally(compute: (job: Job) => Result | Promise<Result>): Promise<void> {
    for (let numbered = next(); numbered !== undefined; numbered = next()) {
      store(numbered.index, await compute(numbered.job))
      // Receives the workers' results and sends them their next jobs.
      await setImmediate()
    }
  }
}

/** The worker's side: prepares once from the setup, then computes job after job. */
export async function serveJobs<Setup, Job, Result>(
  prepare: (setup: Setup) => (job: Job) => Result | Promise<Result>,
): Promise<void> {
  const port = defined(parentPort)
  let index = -1
  try {
    const compute = prepare((workerData as WorkerInput<Setup>).task)
    for await (const [numbered] of on(port, 'message') as AsyncIterable<[NumberedJob<Job> | undefined]>) {
      if (numbered === undefined) return
      index = numbered.index
      const reply: Reply<Result> = { index, result: await compute(numbered.job) }
      port.postMessage(reply)
    }
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    const reply: Reply<Result> = { index, complaint: error.complaint }
    port.postMessage(reply)
  }
}
