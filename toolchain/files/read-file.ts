// Reads a file that a user named. Its size is checked before a byte is read.

import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { DlpError } from '../../base/error.ts'
import { refuseOutput } from './claimed-outputs.ts'
import { reasonOf } from './reasons.ts'
import { readStandardInput, standardInput } from './standard-input.ts'

/** Flags with which opening a pipe does not wait. */
export const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
const maximumReadBytes = 2 ** 30

/** Greatest size of a file, unless the caller states another one. */
export const maximumFileBytes = 2 ** 30

/**
 * Reads a whole file, or standard input where the path is `-`.
 * Only regular files are opened: a pipe would wait for its other end, and a device may have side effects.
 * @throws DlpError where it is missing, unreadable, not a file, has more than `maximumBytes`, or is an output of the command
 */
export async function readFile(path: string, maximumBytes: number = maximumFileBytes): Promise<Uint8Array> {
  if (path === standardInput) return readStandardInput(maximumBytes)
  refuseOutput(path)
  const unreadable = (error: unknown): never => {
    throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where: path })
  }
  const notFile = (): DlpError =>
    new DlpError({ what: 'is not a file', where: path, allowed: 'a regular file, no folder, pipe or device' })
  if (!(await stat(path).catch(unreadable)).isFile()) throw notFile()
  const file = await open(path, withoutWaiting).catch(unreadable)
  try {
    // It may have been replaced since `stat`.
    const status = await file.stat()
    if (!status.isFile()) throw notFile()
    if (status.size > maximumBytes) {
      throw new DlpError({ what: `has ${status.size} bytes`, where: path, allowed: `at most ${maximumBytes}` })
    }
    // Reads no more than this size, even if the file grows. Files of the system such as those of /proc have size 0 and are read as empty.
    const bytes = new Uint8Array(status.size)
    let length = 0
    for (let more = -1; length < bytes.length && more !== 0; length += more)
      more = (
        await file.read(bytes, length, Math.min(bytes.length - length, maximumReadBytes), length).catch(unreadable)
      ).bytesRead
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}
