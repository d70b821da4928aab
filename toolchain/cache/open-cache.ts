// Selects the cache of a compilation: a named folder, or the user's default.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { codeDigest } from './code-digest.ts'
import { FolderCache } from './folder-cache.ts'

/** A folder; the default (undefined); or no cache (false). */
export type CacheChoice = string | false | undefined

/**
 * The cache of a compilation; undefined for none.
 * @param environment DLP_CACHE names a folder, or is empty for no cache; XDG_CACHE_HOME is the folder of all caches
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
