// The owner of scratch, and whether scratch is abandoned.

import { spawn, spawnSync } from 'node:child_process'
import fs, { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { isAlive, ownerPattern, ownProcess, processOf, removeAbandoned } from '../../host/process-owner.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const [pid, start, system] = ownProcess().split('-')
/** The number of a process that has ended. */
const ended = spawnSync(process.execPath, ['--version']).pid

/** A function of `node:fs` fails with a code for some paths until the test ends. */
function fails(name: 'readFileSync' | 'rmSync', code: string, of: RegExp): void {
  const real = fs[name] as (...given: readonly unknown[]) => unknown
  const spy = vi.spyOn(fs, name).mockImplementation(((...given: readonly unknown[]) => {
    if (of.test(String(given[0]))) throw Object.assign(new Error(code), { code })
    return real(...given)
  }) as never)
  syncBuiltinESMExports()
  onTestFinished(() => {
    spy.mockRestore()
    syncBuiltinESMExports()
  })
}

describe('the owner', () => {
  test('that is this process lives', () => {
    expect(ownProcess()).toMatch(new RegExp(`^${ownerPattern}$`))
    expect(isAlive(ownProcess())).toBe(true)
    expect(processOf(ownProcess())).toBe(process.pid)
  })

  test('that has ended is not alive, even if another process has its number', () => {
    expect(isAlive(`${ended}-${start}-${system}`)).toBe(false)
    expect(isAlive(`${pid}-${Number(start) + 1}-${system}`)).toBe(false)
  })

  test('that is a zombie is not alive, though its number is still in use', async () => {
    // Ends when its parent has become a command that does not wait for its children.
    const child = 'until grep -q sleep /proc/$$/comm; do :; done'
    const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 60`])
    onTestFinished(() => void parent.kill())
    const [line] = (await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve))).toString().split('\n')
    const fields = () =>
      readFileSync(`/proc/${line!}/stat`, 'latin1')
        .replace(/^.*\) /su, '')
        .split(' ')
    while (fields()[0] !== 'Z') await setTimeout(5)
    expect(isAlive(`${line!}-${fields()[19]!}-${system}`)).toBe(false)
  })

  test('whose start the system hides is undetermined; if no process has its number it is not alive', () => {
    fails('readFileSync', 'ENOENT', /^\/proc\/\d+\/stat$/)
    const results = (): unknown[] => [`${pid}-${start}-${system}`, `${pid}-0-${system}`].map(isAlive)
    expect(results()).toEqual([undefined, true])
    const kill = vi.spyOn(process, 'kill')
    onTestFinished(() => kill.mockRestore())
    const refuses = (code: string) =>
      kill.mockImplementation(() => {
        throw Object.assign(new Error(code), { code })
      })
    refuses('EPERM')
    expect(results()).toEqual([undefined, true])
    refuses('ESRCH')
    expect(results()).toEqual([false, false])
  })

  test.each([[`${pid}-${start}-000000000000`], [''], ['garbage'], [`${pid}`]])('%j is undetermined', (owner) => {
    expect(isAlive(owner)).toBeUndefined()
  })
})

test('only scratch of a process that has ended for certain is removed', async () => {
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
  const left = Object.entries(names)
    .filter(([, name]) => existsSync(join(folder, `s-${name}`)))
    .map(([name]) => name)
  expect(left).toEqual(['own', 'foreign'])
  expect(existsSync(join(folder, 'other'))).toBe(true)
  removeAbandoned(join(folder, 'none'), () => '')
})

test('what cannot be removed does not prevent the removal of the rest', async () => {
  const folder = await temporaryFolder()
  const names = Array.from({ length: 5 }, (_, at) => `s${at}`)
  for (const name of names) writeFileSync(join(folder, name), '')
  fails('rmSync', 'EPERM', /s[03]$/)
  removeAbandoned(folder, () => `${ended}-${start}-${system}`)
  expect(names.filter((name) => existsSync(join(folder, name)))).toEqual(['s0', 's3'])
})
