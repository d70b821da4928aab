// A lock file, held by one process at a time. The file names its owner; other processes wait until the file is gone or its owner has ended.

import { link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { onExit } from 'signal-exit'
import { isAlive, ownProcess, processOf } from '../process-owner.ts'

export interface LockOptions {
  /** called once for every process that is waited for; 0 where the lock does not state its process */
  readonly onWait?: (processNumber: number) => void
  /** age after which a lock that was not touched is abandoned, where its owner cannot be checked: on another computer, or not stated */
  readonly silentMs?: number
}

const pollMs = 200
const usualSilentMs = 60_000
/** How often the owner touches its lock within `silentMs`: usually every 5 s. */
const touchesPerSilence = 12

let candidates = 0

/** Runs a step while this process alone holds the lock at `path`, whose folder exists. */
export async function locked<T>(path: string, step: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const own = ownProcess()
  // Written first and then linked, so that a lock always states its owner.
  const candidate = `${path}.${own}.${candidates++}`
  let isHeld = false
  const forget = onExit(() => {
    rmSync(candidate, { force: true })
    if (isHeld) rmSync(path, { force: true })
  })
  try {
    await waitFor(path, candidate, options)
    isHeld = true
    await rm(candidate, { force: true })
    // The opened file is touched, not the path: another process may have removed this lock and created its own.
    const lock = await open(path, 'r+')
    // Touched by writing the owner, so that the time is that of the file system, which other computers read too. A write that fails is repeated by the next one.
    const touch = setInterval(
      () => void lock.write(own, 0).catch(() => {}),
      (options.silentMs ?? usualSilentMs) / touchesPerSilence,
    )
    touch.unref()
    try {
      return await step()
    } finally {
      clearInterval(touch)
      await lock.close()
    }
  } finally {
    await rm(candidate, { force: true })
    if (isHeld) await rm(path, { force: true })
    forget()
  }
}

async function waitFor(
  path: string,
  candidate: string,
  { onWait, silentMs = usualSilentMs }: LockOptions,
): Promise<void> {
  let reported: string | undefined
  while (!(await tryTake(path, candidate))) {
    const owner = await ownerIn(path)
    // Removed meanwhile.
    if (owner === undefined) continue
    if ((await isAbandoned(path, candidate, owner, silentMs)) && (await tryRemove(path, candidate, owner))) continue
    if (reported !== owner) onWait?.(processOf(owner))
    reported = owner
    await setTimeout(pollMs)
  }
}

/** The owner that a lock states: the empty text where it cannot be read, for example since it is a folder; undefined where there is no lock. */
async function ownerIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : ''
  }
}

/** Takes the lock if it is free; returns whether it did. @throws where it cannot be taken for another reason than that it exists */
async function tryTake(path: string, candidate: string): Promise<boolean> {
  // Written every time, since the candidate's time becomes the lock's: an old one would make the lock look abandoned.
  await writeFile(candidate, ownProcess())
  try {
    await link(candidate, path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    // Not every file system has links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error
  }
  try {
    await writeFile(path, ownProcess(), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Whether the owner has ended for certain, or cannot be checked and has not touched the lock for long. */
async function isAbandoned(path: string, candidate: string, owner: string, silentMs: number): Promise<boolean> {
  const alive = isAlive(owner)
  if (alive !== undefined) return !alive
  try {
    // The candidate was just written, so its time is the file system's present, which may differ from this computer's.
    return (await stat(candidate)).mtimeMs - (await stat(path)).mtimeMs > silentMs
  } catch {
    return false
  }
}

/** Removes an abandoned lock, unless another process has already removed it and taken the lock; false where it cannot be removed. */
async function tryRemove(path: string, candidate: string, owner: string): Promise<boolean> {
  const found = `${candidate}.found`
  try {
    await rename(path, found)
  } catch (error) {
    // Another process has removed it.
    return codeOf(error) === 'ENOENT'
  }
  try {
    if ((await ownerIn(found)) !== owner) await link(found, path)
  } catch {
    // A third process has taken the lock; the next iteration reads it.
  } finally {
    await rm(found, { force: true, recursive: true })
  }
  return true
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
