// The same work on many inputs, on all cores: the caller's side and the worker's side.

import { on } from 'node:events'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { parentPort, type Worker, workerData } from 'node:worker_threads'
import { defined, elementAt } from './defined.ts'
import { type Complaint, DlpError } from './error.ts'
import { openWorker, type WorkerInput } from './worker-module.ts'

export interface PoolOptions<Job, Answer> {
  /** Threads, one a core if not given. */
  readonly workers?: number
  /** Called whenever one more answer is there. */
  readonly onAnswer?: () => void
  /** Answers a job in this thread, which then is one of them. */
  readonly here?: (job: Job) => Answer | Promise<Answer>
}

interface Order<Job> {
  readonly index: number
  readonly job: Job
}

type Reply<Answer> =
  | { readonly index: number; readonly answer: Answer }
  // Errors lose their class on their way between threads: what a DlpError says of itself goes instead, whole.
  | { readonly index: number; readonly complaint: Complaint }

/** Orders that a worker has at once: the next one lies there when it has answered one, even while this thread computes. */
const ordersAhead = 2

/**
 * Answers every job in worker threads. Whoever is ready takes the next one.
 * @param module a file that calls `serveJobs`
 * @param setup what every worker receives once; it and the jobs are copied, each job when a worker takes it
 * @returns the answers in the order of the jobs
 * @throws the first error of a worker, after all are stopped
 */
export async function answerOnAllCores<Setup, Job, Answer>(
  module: URL,
  setup: Setup,
  jobs: readonly Job[],
  { workers = availableParallelism(), onAnswer, here }: PoolOptions<Job, Answer> = {},
): Promise<Answer[]> {
  const answers: Answer[] = Array.from({ length: jobs.length })
  let taken = 0
  const count = Math.min(workers, jobs.length) - (here === undefined ? 0 : 1)
  const threads = Array.from({ length: count }, () => openWorker(module, setup))
  try {
    await Promise.all([...threads.map(answeredBy), ...(here === undefined ? [] : [answeredHere(here)])])
  } finally {
    taken = jobs.length
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  return answers

  /** The next job; undefined where there is none. */
  function next(): Order<Job> | undefined {
    if (taken >= jobs.length) return undefined
    const index = taken++
    return { index, job: elementAt(jobs, index) }
  }

  function note(index: number, answer: Answer): void {
    answers[index] = answer
    onAnswer?.()
  }

  /** Settles when there are no more jobs and a worker has answered all of its own, or failed. */
  function answeredBy(thread: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        taken = jobs.length
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      thread.on('message', (reply: Reply<Answer>) => {
        if ('complaint' in reply) return fail(new DlpError(reply.complaint))
        note(reply.index, reply.answer)
        thread.postMessage(next())
      })
      thread.on('error', fail)
      thread.on('exit', (code) => (code === 0 ? resolve() : fail(new Error(`a worker ended with ${code}`))))
      for (let order = 0; order < ordersAhead; order++) thread.postMessage(next())
    })
  }

  async function answeredHere(answerTo: (job: Job) => Answer | Promise<Answer>): Promise<void> {
    for (let order = next(); order !== undefined; order = next()) {
      note(order.index, await answerTo(order.job))
      // Lets the workers' answers in, and their next orders out.
      await setImmediate()
    }
  }
}

/** The worker's side: prepares once from the setup, then answers job after job. */
export async function serveJobs<Setup, Job, Answer>(
  prepare: (setup: Setup) => (job: Job) => Answer | Promise<Answer>,
): Promise<void> {
  const port = defined(parentPort)
  let index = -1
  try {
    const answerTo = prepare((workerData as WorkerInput<Setup>).task)
    for await (const [order] of on(port, 'message') as AsyncIterable<[Order<Job> | undefined]>) {
      if (order === undefined) return
      index = order.index
      const reply: Reply<Answer> = { index, answer: await answerTo(order.job) }
      port.postMessage(reply)
    }
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    const reply: Reply<Answer> = { index, complaint: error.complaint }
    port.postMessage(reply)
  }
}
