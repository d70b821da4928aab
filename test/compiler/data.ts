// Where the real models and the ONNX conformance cases lie, if they are there.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** The folder named by DLP_DATA, or `shared` beside the project. */
export const dataFolder = resolve(root, process.env['DLP_DATA'] ?? '../shared')

/** A path in the data folder, whether it is there, and what a skipped test says. */
export function data(...parts: readonly string[]) {
  const path = join(dataFolder, ...parts)
  const present = existsSync(path)
  return { path, present, note: present ? '' : ` (skipped: no ${parts.join('/')} in DLP_DATA)` }
}
