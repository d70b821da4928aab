// Starts worker threads: on TypeScript modules where dlp runs from its sources, else on JavaScript.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type TransferListItem, Worker } from 'node:worker_threads'

/** What a worker's `workerData` holds. */
export interface WorkerInput<Task> {
  readonly task: Task
  readonly module: string
  /** Module that enables TypeScript, where the worker's module is TypeScript. */
  readonly loader: string | undefined
}

/** A worker's first lines. Node 20 cannot start a thread on a TypeScript file, so that these lines register the loader first. */
const entry = `
  const { workerData } = require('node:worker_threads')
  const start = async () => {
    if (workerData.loader !== undefined) (await import(workerData.loader)).register()
    await import(workerData.module)
  }
  start().catch((error) => setImmediate(() => { throw error }))
`

/** Starts a thread that loads the module, with the task in its `workerData`. */
export function openWorker<Task>(module: URL, task: Task, transferList: readonly TransferListItem[] = []): Worker {
  const loader = module.pathname.endsWith('.ts') ? typeScriptLoader() : undefined
  const workerData: WorkerInput<Task> = { task, module: module.href, loader }
  return new Worker(entry, { eval: true, workerData, transferList: [...transferList], execArgv: [] })
}

/**
 * The address of a worker's module, TypeScript or JavaScript as this module is.
 * @param name path from the root of the sources or of the build, without extension
 */
export function workerFile(name: string): URL {
  return new URL(`../${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
}

/** Needed only where dlp runs from its sources; the published package is JavaScript. */
function typeScriptLoader(): string {
  const forRequire = createRequire(import.meta.url).resolve('tsx/esm/api')
  return pathToFileURL(forRequire.replace(/\.cjs$/, '.mjs')).href
}
