// The lock of a build: one holder at a time, and none that is dead.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ownProcess } from '../../../host/process-owner.ts'
import { locked } from '../../../host/verilator/lock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const [pid, start, system] = ownProcess().split('-')

describe('a lock', () => {
  test('lets in one after the other, tells whom it waits for, and leaves nothing', async () => {
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
  ])('%s is nobody’s at once', async (_, owner) => {
    const path = join(await temporaryFolder(), 'l')
    writeFileSync(path, owner)
    expect(await locked(path, () => Promise.resolve(7), { onWait: () => expect.unreachable() })).toBe(7)
    expect(existsSync(path)).toBe(false)
  })

  test.each([[''], ['garbage'], [`${pid}-1-000000000000`], ['1234']])(
    'that says %j is waited for while it gives signs of life',
    async (owner) => {
      const path = join(await temporaryFolder(), 'l')
      writeFileSync(path, owner)
      const waited: number[] = []
      const silentMs = 200
      let alive = true
      const touched = (async () => {
        for (let beat = 0; beat < 8; beat++) {
          const now = (performance.timeOrigin + performance.now()) / 1000
          utimesSync(path, now, now)
          await setTimeout(50)
        }
        alive = false
      })()
      await locked(path, () => Promise.resolve(expect(alive).toBe(false)), { silentMs, onWait: (other) => waited.push(other) }) // prettier-ignore
      await touched
      expect(waited).toEqual([owner.startsWith(`${pid}-`) ? process.pid : 0])
    },
  )

  test('goes with a step that fails', async () => {
    const folder = await temporaryFolder()
    await expect(locked(join(folder, 'l'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(folder)).toEqual([])
    await expect(locked(join(folder, 'none', 'l'), () => Promise.resolve(1))).rejects.toThrow('ENOENT')
  })
})
