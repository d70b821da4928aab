// A worker's first module: Node 20 opens no thread on a TypeScript file, so this one turns tsx on and imports it.

import { workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
await import(workerData.module)
