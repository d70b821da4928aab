// A digest of the compiler's own code, so that a changed compiler does not find cache entries of another one.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Defined by the build of the published command, which has no sources. */
declare const DLP_CODE_DIGEST: string | undefined

/** @returns SHA-256 in hexadecimal digits of all modules of base/, isa/ and compiler/ */
export function codeDigest(): string {
  return typeof DLP_CODE_DIGEST === 'string' ? DLP_CODE_DIGEST : digestOfSources()
}

function digestOfSources(): string {
  const hash = createHash('sha256')
  for (const layer of ['base', 'isa', 'compiler']) {
    const folder = fileURLToPath(new URL(`../../${layer}`, import.meta.url))
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const name of names.filter((each) => /(?<!\.d)\.[jt]s$/.test(each)).sort())
      hash.update(`${layer}/${name}\n`).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex')
}
