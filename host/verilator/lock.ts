// One process at a time: a file that names its owner; who finds it waits until it is gone, or its owner is.

import { link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
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
const usualSilentMs = 60_000
/** So often the owner gives a sign of life while others would still believe in it: every 5 s, usually. */
const beatsOfSilence = 12

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
    await waitFor(path, note, options)
    isHeld = true
    await rm(note, { force: true })
    // Of this very file, so that nothing is written into another's lock where this one was taken away.
    const lock = await open(path, 'r+')
    // The owner once more, so that the time is the file system's, by which the others reckon. A beat that fails is left to the next one.
    const beat = setInterval(
      () => void lock.write(own, 0).catch(() => {}),
      (options.silentMs ?? usualSilentMs) / beatsOfSilence,
    )
    beat.unref()
    try {
      return await step()
    } finally {
      clearInterval(beat)
      await lock.close()
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
    const owner = await ownerIn(path)
    // Gone meanwhile.
    if (owner === undefined) continue
    if ((await isAbandoned(path, note, owner, silentMs)) && (await removed(path, note, owner))) continue
    if (told !== owner) onWait?.(processOf(owner))
    told = owner
    await setTimeout(patienceMs)
  }
}

/** Who holds a lock, by its own words: the empty text where it cannot be read, as a folder; undefined where there is none. */
async function ownerIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : ''
  }
}

/** Takes the lock if it is free. @throws where it is not the lock that is in the way */
async function taken(path: string, note: string): Promise<boolean> {
  // Written every time, since the note's time becomes the lock's: an old one would look abandoned from its first moment.
  await writeFile(note, ownProcess())
  try {
    await link(note, path)
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

/** Whether the owner is gone for certain, or cannot be asked and has long given no sign of life. */
async function isAbandoned(path: string, note: string, owner: string, silentMs: number): Promise<boolean> {
  const alive = isAlive(owner)
  if (alive !== undefined) return !alive
  try {
    // The note was just written: the clock of the file system counts, which may be another computer's.
    return (await stat(note)).mtimeMs - (await stat(path)).mtimeMs > silentMs
  } catch {
    return false
  }
}

/** Removes a lock that was found abandoned, unless somebody else has done so and taken it; false where it cannot be removed. */
async function removed(path: string, note: string, owner: string): Promise<boolean> {
  const found = `${note}.found`
  try {
    await rename(path, found)
  } catch (error) {
    // Others were faster.
    return codeOf(error) === 'ENOENT'
  }
  try {
    if ((await ownerIn(found)) !== owner) await link(found, path)
  } catch {
    // Yet another one has taken it: the next look tells.
  } finally {
    await rm(found, { force: true, recursive: true })
  }
  return true
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
