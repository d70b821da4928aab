// Writes a file completely or not at all: first to a temporary file in the same folder, which is then renamed. Pipes and devices are written directly, never replaced.

import { access, chmod, chown, constants, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { rmSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { onExit } from 'signal-exit'
import { ownerPattern, ownProcess, removeAbandoned } from '../../host/process-owner.ts'
import { DlpError } from '../../base/error.ts'
import { reasonOf } from './reasons.ts'

/** The target of a path: a device or a pipe, or the file that will be replaced or created, with links followed. */
export type OutputTarget =
  | { readonly kind: 'stream' }
  | {
      readonly kind: 'file'
      readonly target: string
      /** undefined where the file does not exist yet */
      readonly status: Stats | undefined
    }

let written = 0
const temporaryName = new RegExp(`^\\.dlp-(${ownerPattern})-\\d+$`)
const maximumLinks = 40
const permissions = 0o7777

/** @throws DlpError where the path cannot be written: a folder, a disk, a file or folder without permission */
export async function targetOf(path: string): Promise<OutputTarget> {
  try {
    const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (status?.isFIFO() || status?.isCharacterDevice()) return { kind: 'stream' }
    if (status?.isDirectory() || (status === undefined && path.endsWith('/')))
      throw new DlpError({ what: 'cannot be written: it is a folder', where: path, help: 'name a file in it' })
    if (status !== undefined && !status.isFile())
      throw new DlpError({
        what: 'cannot be written: it is a disk or a socket',
        where: path,
        allowed: 'a file, a pipe, or a device such as /dev/null',
      })
    const target = status === undefined ? await behindLinks(path) : await realpath(path)
    if (status !== undefined) await access(target, constants.W_OK)
    await access(dirname(target), constants.W_OK | constants.X_OK)
    return { kind: 'file', target, status }
  } catch (error) {
    throw error instanceof DlpError ? error : unwritable(path, error)
  }
}

/**
 * Replaces the file at `path`, or behind the links there, by `content`; a reader gets either the old file or the new
 * one, and a failure leaves the old one. Its permissions are kept. A device or a pipe is written directly.
 * @throws DlpError where it cannot be written
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const output = await targetOf(path)
  try {
    if (output.kind === 'stream') return await writeTo(path, content)
    const temporary = temporaryFor(output.target)
    try {
      // A file that replaces another one is readable only by its owner until it has the other one's permissions.
      const file = await open(temporary.path, 'wx', output.status === undefined ? 0o666 : 0o600)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await temporary.replaceTarget(output.status)
    } finally {
      await temporary.remove()
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

export interface TemporaryFile {
  readonly path: string
  /** Renames it to the target, with the permissions of the file that was there. */
  replaceTarget(before: Stats | undefined): Promise<void>
  /** Removes it if it was not renamed. */
  remove(): Promise<void>
}

/** A temporary file for a target. It is removed when the process ends, or at the latest by the next process that writes in the folder. */
export function temporaryFor(target: string): TemporaryFile {
  // In the same folder, since a rename is atomic only within a file system.
  const folder = dirname(target)
  removeAbandoned(folder, (name) => temporaryName.exec(name)?.[1])
  const path = join(folder, `.dlp-${ownProcess()}-${written++}`)
  const forget = onExit(() => rmSync(path, { force: true }))
  return {
    path,
    replaceTarget: async (before) => {
      if (before !== undefined) await keepPermissions(path, before)
      await rename(path, target)
    },
    remove: async () => {
      await rm(path, { force: true })
      forget()
    },
  }
}

async function keepPermissions(path: string, { mode, uid, gid }: Stats): Promise<void> {
  const own = await stat(path)
  // Only an administrator may change the owner; others may change the group to one of their own.
  if (own.uid !== uid || own.gid !== gid) await chown(path, uid, gid).catch(() => {})
  await chmod(path, mode & permissions)
}

/** Opening waits for the reader of a pipe; it neither creates nor truncates a file. */
async function writeTo(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, constants.O_WRONLY)
  try {
    await file.writeFile(content)
  } finally {
    await file.close()
  }
}

/** The path of a file that does not exist yet: the end of a chain of links. */
async function behindLinks(path: string): Promise<string> {
  let current = resolve(path)
  for (let links = 0; links < maximumLinks; links++) {
    const isLink = await lstat(current).then(
      (status) => status.isSymbolicLink(),
      () => false,
    )
    if (!isLink) return join(await realpath(dirname(current)), current.slice(dirname(current).length))
    current = resolve(dirname(current), await readlink(current))
  }
  throw new DlpError({ what: 'cannot be written: its links form a cycle', where: path })
}

const unwritable = (path: string, error: unknown): DlpError =>
  new DlpError({ what: `cannot be written: ${reasonOf(error)}`, where: path })
