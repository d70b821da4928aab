// Who a scratch file or a lock belongs to: a process as a word in its name, and whether that process is gone for certain.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** `PID-START-SYSTEM`: the number alone is given to another process some day. */
export const ownerPattern = '\\d+-\\d+-[0-9a-f]{12}'
const form = /^(\d+)-(\d+)-([0-9a-f]{12})$/

/** Scratch of a process that cannot be asked for (another computer's, another container's, before a restart) is nobody's when it is so old. */
const abandonedMilliseconds = 24 * 3_600_000

/** This process. */
export function ownProcess(): string {
  return `${process.pid}-${startOf(process.pid) ?? 0}-${system()}`
}

/** The process number of an owner, for messages. */
export const processOf = (owner: string): number => Number(form.exec(owner)?.[1] ?? 0)

/** Whether an owner lives; undefined where nobody here can tell, as of another computer's, or of another user's where the system hides those. */
export function isAlive(owner: string): boolean | undefined {
  const [, pid, start, where] = form.exec(owner) ?? []
  if (pid === undefined || where !== system()) return undefined
  const now = startOf(Number(pid))
  if (now !== undefined) return now === start
  if (!answers(Number(pid))) return false
  // Whether it is the same process is not to be seen. Of one that could not tell its own start the number has to do.
  return start === '0' ? true : undefined
}

/**
 * Removes from a folder what processes that are gone have left; quietly, since it is others' rubbish.
 * @param ownerOf the owner that a name tells, the empty text for scratch that tells none, undefined for whatever is no scratch
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
      // Another user's, or gone meanwhile: the others can still be removed.
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

/** When a process started, in ticks of the system's clock, or that it has ended; undefined where there is none, or the system does not show it. */
function startOf(pid: number): string | undefined {
  try {
    // The command's name stands in parentheses and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\)\s/su, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19]
  } catch {
    return undefined
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let known: string | undefined

/** What process numbers are told apart by: the computer since it was started, and the container. */
function system(): string {
  const told = (read: () => string): string => {
    try {
      return read()
    } catch {
      return ''
    }
  }
  const facts = () => [
    hostname(),
    told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    told(() => readlinkSync('/proc/self/ns/pid')),
  ]
  return (known ??= createHash('sha256').update(facts().join('\n')).digest('hex').slice(0, 12))
}
