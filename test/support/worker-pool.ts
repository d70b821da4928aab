// The same work on many inputs, on all cores: the caller's side and the worker's side.

import { availableParallelism } from 'node:os'
import { parentPort, Worker, workerData } from 'node:worker_threads'

export interface PoolOptions {
  /** Threads, one a core if not given. */
  readonly workers?: number
  /** Called whenever one more answer is there. */
  readonly onAnswer?: () => void
}

interface Task<Setup, Job> {
  readonly module: string
  readonly setup: Setup
  readonly jobs: readonly (readonly [index: number, job: Job])[]
}

interface Reply<Answer> {
  readonly index: number
  readonly answer: Answer
}

const entry = new URL('worker-pool-entry.mjs', import.meta.url)

/**
 * Answers every job in worker threads. Of n workers, worker k gets jobs k, k + n, k + 2n, …
 * @param module a TypeScript file that calls `serveJobs`
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
    const task: Task<Setup, Job> = { module: module.href, setup, jobs: own }
    return new Worker(entry, { workerData: task, execArgv: [] })
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
      thread.on('message', ({ index, answer }: Reply<Answer>) => {
        answers[index] = answer
        onAnswer?.()
      })
      thread.on('error', reject)
      thread.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    })
  }
}

/** The worker's side: prepares once from the setup, then answers job after job. */
export function serveJobs<Setup, Job, Answer>(prepare: (setup: Setup) => (job: Job) => Answer): void {
  const { setup, jobs } = workerData as Task<Setup, Job>
  const answerTo = prepare(setup)
  for (const [index, job] of jobs) {
    const reply: Reply<Answer> = { index, answer: answerTo(job) }
    parentPort?.postMessage(reply)
  }
}
