// Reading a file that a user named: its size is known to be bounded before a byte is read.

import { open } from 'node:fs/promises'
import { DlpError } from '../../isa/error.ts'

/** What a file may have at most unless its reader says otherwise. */
export const maximumFileBytes = 2 ** 30

/**
 * Reads a whole file.
 * @throws DlpError where it is missing, unreadable, not a file, or has more than `maximumBytes`
 */
export async function readFile(path: string, maximumBytes: number = maximumFileBytes): Promise<Uint8Array> {
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

/** The system's reason in words that a person reads, without the path again. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code === undefined ? String(error) : (reasons[code] ?? code)
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
}
