// The lock of a build: one owner at a time, and no owner that has ended.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { ownProcess } from '../../../host/process-owner.ts'
import { locked } from '../../../host/verilator/lock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const [pid, start, system] = ownProcess().split('-')

/** Not a file, so that it states no owner. */
const folderLock = 'nothing: it is a folder'

describe('a lock', () => {
  test('is held by one after the other, reports the process that it waits for, and leaves no file', async () => {
    const folder = await temporaryFolder()
    const waited: number[] = []
    let inside = 0
    const step = async (): Promise<number> => {
      expect(++inside).toBe(1)
      await setTimeout(30)
      return inside--
    }
    const onWait = (other: number): number => waited.push(other)
    expect(await Promise.all([1, 2, 3].map(() => locked(join(folder, 'l'), step, { onWait })))).toEqual([1, 1, 1])
    expect(waited.length).toBeGreaterThan(0)
    expect(new Set(waited)).toEqual(new Set([process.pid]))
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['of a process that has ended', `${spawnSync(process.execPath, ['--version']).pid}-${start}-${system}`],
    ['of a process whose number another one has now', `${pid}-1-${system}`],
  ])('%s is abandoned at once', async (_, owner) => {
    const path = join(await temporaryFolder(), 'l')
    writeFileSync(path, owner)
    expect(await locked(path, () => Promise.resolve(7), { onWait: () => expect.unreachable() })).toBe(7)
    expect(existsSync(path)).toBe(false)
  })

  test.each([[''], ['garbage'], [`${pid}-1-000000000000`], ['1234'], [folderLock]])(
    'with content %j is waited for while it is touched',
    async (owner) => {
      const path = join(await temporaryFolder(), 'l')
      if (owner === folderLock) mkdirSync(join(path, 'more'), { recursive: true })
      else writeFileSync(path, owner)
      const waited: number[] = []
      const silentMs = 200
      let alive = true
      const touched = (async () => {
        for (let touch = 0; touch < 8; touch++) {
          const now = (performance.timeOrigin + performance.now()) / 1000
          utimesSync(path, now, now)
          await setTimeout(50)
        }
        alive = false
      })()
      await locked(path, () => Promise.resolve(expect(alive).toBe(false)), {
        silentMs,
        onWait: (other) => waited.push(other),
      })
      await touched
      expect(waited).toEqual([owner.startsWith(`${pid}-`) ? process.pid : 0])
    },
  )

  test('has the time at which it was taken, however long the wait was', async () => {
    const folder = await temporaryFolder()
    const [path, reference] = [join(folder, 'l'), join(folder, 'reference')]
    writeFileSync(path, `${pid}-1-000000000000`)
    const release = (): void => {
      for (const name of readdirSync(folder).filter((each) => each.startsWith('l.')))
        utimesSync(join(folder, name), 1, 1)
      writeFileSync(reference, '')
      rmSync(path)
    }
    await locked(
      path,
      () => Promise.resolve(expect(statSync(path).mtimeMs).toBeGreaterThanOrEqual(statSync(reference).mtimeMs)),
      { onWait: release },
    )
  })

  test('is touched by the clock of the file system, and not once another process has taken it', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'l')
    const silentMs = 60
    // This computer's clock says 1970.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(-performance.timeOrigin)
    try {
      await locked(
        path,
        async () => {
          const before = statSync(path).mtimeMs
          utimesSync(path, 1, 1)
          while (statSync(path).mtimeMs === 1000) await setTimeout(5)
          expect(statSync(path).mtimeMs).toBeGreaterThanOrEqual(before)
          expect(readFileSync(path, 'utf8')).toBe(ownProcess())
          renameSync(path, join(folder, 'taken'))
          writeFileSync(path, 'another')
          utimesSync(path, 1, 1)
          await setTimeout(silentMs)
          expect([readFileSync(path, 'utf8'), statSync(path).mtimeMs]).toEqual(['another', 1000])
        },
        { silentMs },
      )
    } finally {
      clock.mockRestore()
    }
  })

  test('is removed when its step fails', async () => {
    const folder = await temporaryFolder()
    await expect(locked(join(folder, 'l'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(folder)).toEqual([])
    await expect(locked(join(folder, 'none', 'l'), () => Promise.resolve(1))).rejects.toThrow('ENOENT')
  })
})
