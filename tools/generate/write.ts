// Writes generated files, or checks that the files are up to date.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GeneratedFile } from './files.ts'

/**
 * Writes the files that are stale; with --check it writes nothing and ends the process with 1, naming the stale files.
 * @param words the arguments: --check, and optionally a folder in place of the project's
 */
export function writeGenerated(files: readonly GeneratedFile[], words: readonly string[]): void {
  const [folder] = words.filter((word) => !word.startsWith('--'))
  const root = folder ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  const check = words.includes('--check')
  const stale = files.filter(({ path, text }) => {
    const file = join(root, path)
    return !existsSync(file) || readFileSync(file, 'utf8') !== text
  })
  for (const { path, text } of stale) {
    console.log(check ? `stale: ${path}` : `wrote ${path}`)
    if (check) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  if (stale.length === 0) console.log('generated files are up to date')
  if (check && stale.length > 0) process.exit(1)
}
