// The same work on many inputs, on all cores: the caller's side and the worker's side.

import { availableParallelism } from 'node:os'
import { parentPort, type Worker, workerData } from 'node:worker_threads'
import { DlpError } from '../isa/error.ts'
import { openWorker, type WorkerInput } from './worker-module.ts'

export interface PoolOptions {
  /** Threads, one a core if not given. */
  readonly workers?: number
  /** Called whenever one more answer is there. */
  readonly onAnswer?: () => void
}

interface Task<Setup, Job> {
  readonly setup: Setup
  readonly jobs: readonly (readonly [index: number, job: Job])[]
}

type Reply<Answer> =
  | { readonly index: number; readonly answer: Answer }
  // Errors lose their class on their way between threads.
  | { readonly index: number; readonly refusal: string }

/**
 * Answers every job in worker threads. Of n workers, worker k gets jobs k, k + n, k + 2n, …
 * @param module a file that calls `serveJobs`
 * @param setup what every worker receives once; it and the jobs are copied
 * @returns the answers in the order of the jobs
 * @throws the first error of a worker, after all are stopped
 */
export async function answerOnAllCores<Setup, Job, Answer>(
  module: URL,
  setup: Setup,
  jobs: readonly Job[],
  { workers = availableParallelism(), onAnswer }: PoolOptions = {},
): Promise<Answer[]> {
  const answers: Answer[] = Array.from({ length: jobs.length })
  const count = Math.min(workers, jobs.length)
  const threads = Array.from({ length: count }, (_, k) => {
    const own = [...jobs.entries()].filter(([index]) => index % count === k)
    return openWorker<Task<Setup, Job>>(module, { setup, jobs: own })
  })
  try {
    await Promise.all(threads.map(finished))
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  return answers

  /** Settles when a worker has answered all its jobs, or failed. */
  function finished(thread: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      thread.on('message', (reply: Reply<Answer>) => {
        if ('refusal' in reply) return reject(new DlpError({ what: reply.refusal }))
        answers[reply.index] = reply.answer
        onAnswer?.()
      })
      thread.on('error', reject)
      thread.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    })
  }
}

/** The worker's side: prepares once from the setup, then answers job after job. */
export async function serveJobs<Setup, Job, Answer>(
  prepare: (setup: Setup) => (job: Job) => Answer | Promise<Answer>,
): Promise<void> {
  const { setup, jobs } = (workerData as WorkerInput<Task<Setup, Job>>).task
  let index = -1
  try {
    const answerTo = prepare(setup)
    for (const [at, job] of jobs) {
      index = at
      const reply: Reply<Answer> = { index, answer: await answerTo(job) }
      parentPort?.postMessage(reply)
    }
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    const reply: Reply<Answer> = { index, refusal: error.message }
    parentPort?.postMessage(reply)
  }
}
