// The process that owns a scratch file or a lock, as a part of its name, and whether that process has ended for certain.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** `PID-START-SYSTEM`: a process number alone is reused later by other processes. */
export const ownerPattern = '\\d+-\\d+-[0-9a-f]{12}'
const form = /^(\d+)-(\d+)-([0-9a-f]{12})$/

/** Age at which scratch is abandoned if its process cannot be checked: on another computer, in another container, or before a restart. */
const abandonedMilliseconds = 24 * 3_600_000

/** This process. */
export function ownProcess(): string {
  return `${process.pid}-${startOf(process.pid) ?? 0}-${system()}`
}

/** The process number of an owner, for messages. */
export const processOf = (owner: string): number => Number(form.exec(owner)?.[1] ?? 0)

/** Whether an owner is alive; undefined where that cannot be determined: on another computer, or of another user where the system hides processes. */
export function isAlive(owner: string): boolean | undefined {
  const [, pid, start, home] = form.exec(owner) ?? []
  if (pid === undefined || home !== system()) return undefined
  const found = startOf(Number(pid))
  if (found !== undefined) return found === start
  if (!exists(Number(pid))) return false
  // The start of the process is not visible, so it may be another process of this number. An owner that could not read its own start is compared by number only.
  return start === '0' ? true : undefined
}

/**
 * Removes from a folder the scratch of processes that have ended. What cannot be removed is left without an error.
 * @param ownerOf the owner that a name states, the empty text for scratch that states none, undefined for what is not scratch
 */
export function removeAbandoned(folder: string, ownerOf: (name: string) => string | undefined): void {
  for (const name of namesIn(folder)) {
    const owner = ownerOf(name)
    if (owner === undefined) continue
    const path = join(folder, name)
    const alive = isAlive(owner)
    try {
      if (alive === false || (alive === undefined && age(path) > abandonedMilliseconds))
        rmSync(path, { recursive: true, force: true })
    } catch {
      // It belongs to another user, or was removed meanwhile: continue with the others.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function age(path: string): number {
  return performance.timeOrigin + performance.now() - statSync(path).mtimeMs
}

/** When a process started, in ticks of the system's clock, or `ended`; undefined where there is no such process, or the system does not show it. */
function startOf(pid: number): string | undefined {
  try {
    // The command's name is in parentheses and may hold any character.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\)\s/su, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19]
  } catch {
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let systemDigest: string | undefined

/** The system within which process numbers are unique: the computer since its last start, and the container. */
function system(): string {
  const orEmpty = (read: () => string): string => {
    try {
      return read()
    } catch {
      return ''
    }
  }
  const facts = () => [
    hostname(),
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  ]
  return (systemDigest ??= createHash('sha256').update(facts().join('\n')).digest('hex').slice(0, 12))
}
