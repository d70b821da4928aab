// One process at a time: a file that names its owner; who finds it waits until it is gone or its owner is dead.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'

const patienceMs = 200

/** Runs a step while this process alone holds the lock at `path`, whose folder exists. */
export async function locked<T>(path: string, step: () => Promise<T>): Promise<T> {
  while (!(await taken(path))) await setTimeout(patienceMs)
  try {
    return await step()
  } finally {
    await rm(path, { force: true })
  }
}

/** Takes the lock if it is free. */
async function taken(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const owner = Number(await readFile(path, 'utf8').catch(() => ''))
    // Just made, or just gone: the next look tells.
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true })
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
