// Reading a file that a user named: its size is known to be bounded before a byte is read.

import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { DlpError } from '../../base/error.ts'
import { refuseOutput } from './claimed-outputs.ts'
import { reasonOf } from './reasons.ts'
import { readStandardInput, standardInput } from './standard-input.ts'

/** Opening what has become a pipe meanwhile does not wait. */
export const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
const mostAtOnce = 2 ** 30

/** What a file may have at most unless its reader says otherwise. */
export const maximumFileBytes = 2 ** 30

/**
 * Reads a whole file, or standard input where the path is `-`.
 * Nothing but a file is opened: a pipe would wait for its other end, and a device may do anything.
 * @throws DlpError where it is missing, unreadable, not a file, has more than `maximumBytes`, or is what the command is to write
 */
export async function readFile(path: string, maximumBytes: number = maximumFileBytes): Promise<Uint8Array> {
  if (path === standardInput) return readStandardInput(maximumBytes)
  refuseOutput(path)
  const unreadable = (error: unknown): never => {
    throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where: path })
  }
  const notFile = (): DlpError =>
    new DlpError({ what: 'is not a file', where: path, allowed: 'a file, no folder, pipe or device' })
  if (!(await stat(path).catch(unreadable)).isFile()) throw notFile()
  const file = await open(path, withoutWaiting).catch(unreadable)
  try {
    // Another may have taken its place meanwhile.
    const status = await file.stat()
    if (!status.isFile()) throw notFile()
    if (status.size > maximumBytes) {
      throw new DlpError({ what: `has ${status.size} bytes`, where: path, allowed: `at most ${maximumBytes}` })
    }
    // No more than it had then, however it may grow; what the system makes up while it is read has no bytes.
    const bytes = new Uint8Array(status.size)
    let length = 0
    for (let more = -1; length < bytes.length && more !== 0; length += more)
      more = (await file.read(bytes, length, Math.min(bytes.length - length, mostAtOnce), length).catch(unreadable))
        .bytesRead
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}
