// Reading a file that a user named: its size is known to be bounded before a byte is read.

import { open } from 'node:fs/promises'
import { DlpError } from '../../isa/error.ts'
import { refuseOutput } from './claimed-outputs.ts'
import { reasonOf } from './reasons.ts'
import { readStandardInput, standardInput } from './standard-input.ts'

/** What a file may have at most unless its reader says otherwise. */
export const maximumFileBytes = 2 ** 30

/**
 * Reads a whole file, or standard input where the path is `-`.
 * @throws DlpError where it is missing, unreadable, not a file, has more than `maximumBytes`, or is what the command is to write
 */
export async function readFile(path: string, maximumBytes: number = maximumFileBytes): Promise<Uint8Array> {
  if (path === standardInput) return readStandardInput(maximumBytes)
  refuseOutput(path)
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where: path })
  })
  try {
    const status = await file.stat()
    if (!status.isFile()) throw new DlpError({ what: 'is not a file', where: path })
    if (status.size > maximumBytes) {
      throw new DlpError({ what: `has ${status.size} bytes`, where: path, allowed: `at most ${maximumBytes}` })
    }
    return await file.readFile()
  } finally {
    await file.close()
  }
}
