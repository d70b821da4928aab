// Which cache a compilation uses: the folder that was named, or the user's own.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { codeDigest } from './code-digest.ts'
import { FolderCache } from './folder-cache.ts'

/** Which cache: a folder, nothing (undefined), or that there is to be none (false). */
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
