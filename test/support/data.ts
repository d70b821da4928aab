// The location of real data for tests and proofs: DLP_DATA, or `shared` next to the project.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './source-files.ts'

/** The folder that holds `data/` and `models/`, or undefined if there is none. */
export function dataFolder(): string | undefined {
  const folder = resolve(root, process.env['DLP_DATA'] ?? join('..', 'shared'))
  return existsSync(join(folder, 'data')) || existsSync(join(folder, 'models')) ? folder : undefined
}

/** A file below the data folder, or undefined if it is absent. */
export function dataFile(...parts: readonly string[]): string | undefined {
  const folder = dataFolder()
  const path = folder === undefined ? undefined : join(folder, ...parts)
  return path !== undefined && existsSync(path) ? path : undefined
}
