// The project's own files, as git lists them: tracked or not ignored.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's top folder, without a trailing slash. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** Paths below the root, with forward slashes, sorted: files that git tracks, or would track with `git add`. */
export function projectFiles(): readonly string[] {
  const options = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const listed = execFileSync('git', options, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 24 })
  return [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path))).sort()
}

/** TypeScript that is not generated. */
export function handwrittenTypeScript(): readonly string[] {
  return projectFiles().filter((path) => path.endsWith('.ts') && !/_pb\.ts$|\/generated\/|\.d\.ts$/.test(path))
}

/** A file's text. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
