// The RTL has no warning in Verilator, and Yosys reads and elaborates it. `card` takes a minute: `npm run rtl:lint` includes it.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { machines } from '../../isa/model/machine.ts'
import { root } from '../support/source-files.ts'
import { elaborate, lintModule, moduleNames, synthesizable } from './linting.ts'
import { rtlSources, toolIsHere } from './verilator.ts'

describe.skipIf(!toolIsHere('verilator'))('Verilator', () => {
  test.each([machines.tiny, machines.edge])('has no warning for the processor of $name', { timeout: 120_000 }, async (machine) => {
    expect(await lintModule('dlp', machine)).toBe('')
  })

  test('has no warning for any module by itself', { timeout: 120_000 }, async () => {
    for (const name of moduleNames) expect(await lintModule(name), name).toBe('')
  })

  test('the processor instantiates every module: no file is unused', () => {
    const generated = readdirSync(join(root, 'rtl/generated')).filter((name) => name.endsWith('.sv'))
    expect(rtlSources('dlp').toSorted()).toEqual([...synthesizable, ...generated.map((name) => `rtl/generated/${name}`)].toSorted())
  })
})

describe.skipIf(!toolIsHere('yosys'))('Yosys', () => {
  test('reads every file and elaborates the processor without a warning or a latch', { timeout: 300_000 }, async () => {
    expect(await elaborate(machines.tiny)).toBe('')
  })
})
