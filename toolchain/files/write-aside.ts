// Writing a file whole or not at all: beside its place first, then renamed into it. What is no file is written as it is, never replaced.

import { access, chmod, chown, constants, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { rmSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { onExit } from 'signal-exit'
import { ownerPattern, ownProcess, removeAbandoned } from '../../host/process-owner.ts'
import { DlpError } from '../../base/error.ts'
import { reasonOf } from './reasons.ts'

/** Where a path leads: a device or a pipe, or the file that is to be replaced or made, behind all links. */
export type OutputTarget =
  | { readonly kind: 'stream' }
  | {
      readonly kind: 'file'
      readonly target: string
      /** undefined where there is no file yet */
      readonly status: Stats | undefined
    }

let written = 0
const asideName = new RegExp(`^\\.dlp-(${ownerPattern})-\\d+$`)
const mostLinks = 40
const permissions = 0o7777

/** @throws DlpError where nothing can be written there: a folder, a disk, a file or folder without permission */
export async function placeOf(path: string): Promise<OutputTarget> {
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
 * Replaces the file at `path`, or behind the links there, by `content`; whoever reads it meanwhile sees the old file or the new one, and a
 * failure leaves the old one. Its permissions stay. A device or a pipe is written to.
 * @throws DlpError where it cannot be written
 */
export async function writeAside(path: string, content: Uint8Array | string): Promise<void> {
  const place = await placeOf(path)
  try {
    if (place.kind === 'stream') return await writeTo(path, content)
    const aside = openAside(place.target)
    try {
      // What replaces a file nobody else may read before it has that file's permissions.
      const file = await open(aside.path, 'wx', place.status === undefined ? 0o666 : 0o600)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await aside.putInPlace(place.status)
    } finally {
      await aside.remove()
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

export interface Aside {
  readonly path: string
  /** Renames it to its place, with the permissions of the file that was there. */
  putInPlace(before: Stats | undefined): Promise<void>
  /** Removes it where it has not been put in place. */
  remove(): Promise<void>
}

/** A name beside a place, for a file on its way there; gone when the process ends, or else with the next one that writes there. */
export function openAside(target: string): Aside {
  // In the same folder, since a rename is one step only within a file system.
  const folder = dirname(target)
  removeAbandoned(folder, (name) => asideName.exec(name)?.[1])
  const path = join(folder, `.dlp-${ownProcess()}-${written++}`)
  const forget = onExit(() => rmSync(path, { force: true }))
  return {
    path,
    putInPlace: async (before) => {
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
  // Only the administrator may give files away; a group of which one is a member anybody.
  if (own.uid !== uid || own.gid !== gid) await chown(path, uid, gid).catch(() => {})
  await chmod(path, mode & permissions)
}

/** Opening waits for a pipe's reader, and neither makes nor shortens anything. */
async function writeTo(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, constants.O_WRONLY)
  try {
    await file.writeFile(content)
  } finally {
    await file.close()
  }
}

/** The path to make where there is no file: links may lead to where none is yet. */
async function behindLinks(path: string): Promise<string> {
  let place = resolve(path)
  for (let links = 0; links < mostLinks; links++) {
    const isLink = await lstat(place).then(
      (status) => status.isSymbolicLink(),
      () => false,
    )
    if (!isLink) return join(await realpath(dirname(place)), place.slice(dirname(place).length))
    place = resolve(dirname(place), await readlink(place))
  }
  throw new DlpError({ what: 'cannot be written: its links lead in a circle', where: path })
}

const unwritable = (path: string, error: unknown): DlpError =>
  new DlpError({ what: `cannot be written: ${reasonOf(error)}`, where: path })
