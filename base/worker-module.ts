// How a worker thread opens its module: in TypeScript, where dlp runs from its sources.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type TransferListItem, Worker } from 'node:worker_threads'

/** What a worker's `workerData` holds. */
export interface WorkerInput<Task> {
  readonly task: Task
  readonly module: string
  /** Turns TypeScript on, where the module is written in it. */
  readonly loader: string | undefined
}

/** A worker's first lines: Node 20 opens no thread on a TypeScript file, so the project's own loader comes first there. */
const entry = `
  const { workerData } = require('node:worker_threads')
  const start = async () => {
    if (workerData.loader !== undefined) (await import(workerData.loader)).register()
    await import(workerData.module)
  }
  start().catch((error) => setImmediate(() => { throw error }))
`

/** Starts a thread that opens the module and finds the task in its `workerData`. */
export function openWorker<Task>(module: URL, task: Task, transferList: readonly TransferListItem[] = []): Worker {
  const loader = module.pathname.endsWith('.ts') ? typeScriptLoader() : undefined
  const workerData: WorkerInput<Task> = { task, module: module.href, loader }
  return new Worker(entry, { eval: true, workerData, transferList: [...transferList], execArgv: [] })
}

/**
 * A module of a worker, TypeScript or JavaScript as this one.
 * @param name from the project's folder, or that of what is built, without extension
 */
export function workerFile(name: string): URL {
  return new URL(`../${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
}

/** Only where dlp runs from its sources; what is published is JavaScript. */
function typeScriptLoader(): string {
  const forRequire = createRequire(import.meta.url).resolve('tsx/esm/api')
  return pathToFileURL(forRequire.replace(/\.cjs$/, '.mjs')).href
}
