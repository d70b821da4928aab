// Writing a file whole or not at all: beside its place first, then renamed into it.

import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DlpError } from '../../isa/error.ts'
import { reasonOf } from './read-file.ts'

let written = 0

/**
 * Replaces `path` by `content`; whoever reads it meanwhile sees the old file or the new one, and a failure leaves the old one.
 * @throws DlpError where the file cannot be written
 */
export async function writeAside(path: string, content: Uint8Array | string): Promise<void> {
  // In the same folder, since a rename is one step only within a file system.
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.${written++}`)
  try {
    const file = await open(aside, 'wx')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw new DlpError({ what: `cannot be written: ${reasonOf(error)}`, where: path })
  }
}
