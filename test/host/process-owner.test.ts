// Whose scratch it is, and what is certainly nobody's.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, ownerPattern, ownProcess, processOf, removeAbandoned } from '../../host/process-owner.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const [pid, start, system] = ownProcess().split('-')
/** A number that a process had which has ended. */
const ended = spawnSync(process.execPath, ['--version']).pid

describe('the owner', () => {
  test('that is this process lives', () => {
    expect(ownProcess()).toMatch(new RegExp(`^${ownerPattern}$`))
    expect(isAlive(ownProcess())).toBe(true)
    expect(processOf(ownProcess())).toBe(process.pid)
  })

  test('that has ended is gone, also where its number was given to another process', () => {
    expect(isAlive(`${ended}-${start}-${system}`)).toBe(false)
    expect(isAlive(`${pid}-${Number(start) + 1}-${system}`)).toBe(false)
  })

  test.each([[`${pid}-${start}-000000000000`], [''], ['garbage'], [`${pid}`]])('%j cannot be asked', (owner) => {
    expect(isAlive(owner)).toBeUndefined()
  })
})

test('only scratch whose process is gone for certain is removed', async () => {
  const folder = await temporaryFolder()
  const names = {
    own: ownProcess(),
    gone: `${ended}-${start}-${system}`,
    reused: `${pid}-1-${system}`,
    foreign: `${pid}-1-000000000000`,
    old: '2-1-000000000000',
  }
  for (const name of Object.values(names)) mkdirSync(join(folder, `s-${name}`))
  writeFileSync(join(folder, 'other'), '')
  const yesterday = performance.timeOrigin / 1000 - 2 * 86_400
  utimesSync(join(folder, `s-${names.old}`), yesterday, yesterday)
  utimesSync(join(folder, 'other'), yesterday, yesterday)
  removeAbandoned(folder, (name) => /^s-(.*)$/.exec(name)?.[1])
  const left = Object.entries(names).filter(([, name]) => existsSync(join(folder, `s-${name}`))).map(([name]) => name) // prettier-ignore
  expect(left).toEqual(['own', 'foreign'])
  expect(existsSync(join(folder, 'other'))).toBe(true)
  removeAbandoned(join(folder, 'none'), () => '')
})
