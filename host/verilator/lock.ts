// One process at a time: a file that names its owner; who finds it waits until it is gone, or its owner is.

import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { onExit } from 'signal-exit'
import { isAlive, ownProcess, processOf } from '../process-owner.ts'

export interface LockOptions {
  /** told once of every process that is waited for; 0 where the lock does not say which */
  readonly onWait?: (processNumber: number) => void
  /** after so long without a sign of life a lock is nobody's whose owner cannot be asked: another computer's, or none */
  readonly silentMs?: number
}

const patienceMs = 200
/** The owner touches its lock so often. */
const beatMs = 5_000
const usualSilentMs = 60_000

let notes = 0

/** Runs a step while this process alone holds the lock at `path`, whose folder exists. */
export async function locked<T>(path: string, step: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const own = ownProcess()
  // Written first and then linked, so that a lock never stands there without its owner.
  const note = `${path}.${own}.${notes++}`
  let isHeld = false
  const forget = onExit(() => {
    rmSync(note, { force: true })
    if (isHeld) rmSync(path, { force: true })
  })
  try {
    await writeFile(note, own)
    await waitFor(path, note, options)
    isHeld = true
    await rm(note, { force: true })
    const beat = setInterval(() => void touch(path), beatMs)
    beat.unref()
    try {
      return await step()
    } finally {
      clearInterval(beat)
    }
  } finally {
    await rm(note, { force: true })
    if (isHeld) await rm(path, { force: true })
    forget()
  }
}

async function waitFor(path: string, note: string, { onWait, silentMs = usualSilentMs }: LockOptions): Promise<void> {
  let told: string | undefined
  while (!(await taken(path, note))) {
    const owner = await readFile(path, 'utf8').catch(() => undefined)
    // Gone meanwhile.
    if (owner === undefined) continue
    if (await isAbandoned(path, note, owner, silentMs)) {
      await removeLock(path, note, owner)
      continue
    }
    if (told !== owner) onWait?.(processOf(owner))
    told = owner
    await setTimeout(patienceMs)
  }
}

/** Takes the lock if it is free. @throws where it is not the lock that is in the way */
async function taken(path: string, note: string): Promise<boolean> {
  try {
    await link(note, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // Not every file system has links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error
  }
  try {
    await writeFile(path, await readFile(note), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Whether the owner is gone for certain, or cannot be asked and has long given no sign of life. */
async function isAbandoned(path: string, note: string, owner: string, silentMs: number): Promise<boolean> {
  const alive = isAlive(owner)
  if (alive !== undefined) return !alive
  try {
    // The clock of the file system counts, which may be another computer's.
    await rm(note, { force: true })
    await writeFile(note, ownProcess())
    return (await stat(note)).mtimeMs - (await stat(path)).mtimeMs > silentMs
  } catch {
    return false
  }
}

/** Removes a lock that was found abandoned, unless somebody else has done so and taken it. */
async function removeLock(path: string, note: string, owner: string): Promise<void> {
  const found = `${note}.found`
  try {
    await rename(path, found)
    if ((await readFile(found, 'utf8')) !== owner) await link(found, path)
  } catch {
    // Others were faster: the next look tells.
  } finally {
    await rm(found, { force: true })
  }
}

async function touch(path: string): Promise<void> {
  const now = (performance.timeOrigin + performance.now()) / 1000
  await utimes(path, now, now).catch(() => {})
}
