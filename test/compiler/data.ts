// The location of the real models and the ONNX conformance cases, if they are available.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** The folder in DLP_DATA, or `shared` next to the project. */
export const dataFolder = resolve(root, process.env['DLP_DATA'] ?? '../shared')

/** A path in the data folder, whether it exists, and a note for the titles of skipped tests. */
export function data(...parts: readonly string[]) {
  const path = join(dataFolder, ...parts)
  const present = existsSync(path)
  return { path, present, note: present ? '' : ` (skipped: no ${parts.join('/')} in DLP_DATA)` }
}
