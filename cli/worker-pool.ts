// The same work on many inputs, on all cores: the caller's side and the worker's side.

import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { DlpError } from '../isa/error.ts'

export interface PoolOptions {
  /** Threads, one a core if not given. */
  readonly workers?: number
  /** Called whenever one more answer is there. */
  readonly onAnswer?: () => void
}

interface Task<Setup, Job> {
  readonly module: string
  /** Turns TypeScript on, where the module is written in it. */
  readonly loader: string | undefined
  readonly setup: Setup
  readonly jobs: readonly (readonly [index: number, job: Job])[]
}

type Reply<Answer> =
  | { readonly index: number; readonly answer: Answer }
  // Errors lose their class on their way between threads.
  | { readonly index: number; readonly refusal: string }

/** A worker's first lines: Node 20 opens no thread on a TypeScript file, so the project's own loader comes first there. */
const entry = `
  const { workerData } = require('node:worker_threads')
  const start = async () => {
    if (workerData.loader !== undefined) (await import(workerData.loader)).register()
    await import(workerData.module)
  }
  start().catch((error) => setImmediate(() => { throw error }))
`

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
  const loader = module.pathname.endsWith('.ts') ? typeScriptLoader() : undefined
  const threads = Array.from({ length: count }, (_, k) => {
    const own = [...jobs.entries()].filter(([index]) => index % count === k)
    const task: Task<Setup, Job> = { module: module.href, loader, setup, jobs: own }
    return new Worker(entry, { eval: true, workerData: task, execArgv: [] })
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

/**
 * A module of a worker, TypeScript or JavaScript as this one.
 * @param name from this folder, without extension
 */
export function workerFile(name: string): URL {
  return new URL(`${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
}

/** Only where dlp runs from its sources; what is published is JavaScript. */
function typeScriptLoader(): string {
  const forRequire = createRequire(import.meta.url).resolve('tsx/esm/api')
  return pathToFileURL(forRequire.replace(/\.cjs$/, '.mjs')).href
}

/** The worker's side: prepares once from the setup, then answers job after job. */
export async function serveJobs<Setup, Job, Answer>(
  prepare: (setup: Setup) => (job: Job) => Answer | Promise<Answer>,
): Promise<void> {
  const { setup, jobs } = workerData as Task<Setup, Job>
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
