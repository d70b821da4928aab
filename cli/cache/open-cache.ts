// Which cache a compilation uses: the folder that was named, or the user's own.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FolderCache } from './folder-cache.ts'

/** What the command line says: a folder, nothing (undefined), or that there is to be none (false). */
export type CacheChoice = string | false | undefined

/**
 * The cache of a compilation; undefined for none.
 * @param environment DLP_CACHE names a folder, or is empty for none; XDG_CACHE_HOME is where caches lie
 */
export function openCache(
  choice: CacheChoice,
  environment: Readonly<Record<string, string | undefined>>,
): FolderCache | undefined {
  const folder = choice ?? environment['DLP_CACHE'] ?? defaultFolder(environment)
  return folder === false || folder === '' ? undefined : new FolderCache(folder, codeDigest())
}

function defaultFolder({ XDG_CACHE_HOME: home = '' }: Readonly<Record<string, string | undefined>>): string {
  return join(home === '' ? join(homedir(), '.cache') : home, 'dlp')
}

/** A name for the compiler's own code: a compiler that was changed finds nothing that another one made. */
function codeDigest(): string {
  const hash = createHash('sha256')
  for (const layer of ['isa', 'compiler']) {
    const folder = fileURLToPath(new URL(`../../${layer}`, import.meta.url))
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const name of names.filter((each) => /(?<!\.d)\.[jt]s$/.test(each)).sort())
      hash.update(`${layer}/${name}\n`).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex')
}
