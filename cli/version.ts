// The version of dlp itself.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** From the package.json in the nearest folder above this module, so that it is found in every kind of installation. */
export function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'))
    if (version !== undefined) return version
    if (folder === dirname(folder)) throw new Error('dlp is not in a package')
  }
}

function versionIn(path: string): string | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown }
  return name === 'dlp' && typeof version === 'string' ? version : undefined
}
