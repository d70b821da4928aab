// The shell of the card has no warning in Verilator, with a machine behind it; nothing else of rtl/card can run here.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { registers } from '../../isa/registers.ts'
import { root } from '../support/source-files.ts'
import { rtlSources, toolIsHere } from './verilator.ts'

describe.skipIf(!toolIsHere('verilator'))('Verilator', () => {
  test('has no warning for the shell of the card', { timeout: 240_000 }, () => {
    const [isaPackage = '', ...others] = rtlSources('dlp')
    // lint.test.ts checks dlp itself in every size
    const files = [isaPackage, 'rtl/generated/tiny/dlp_machine_pkg.sv', ...others, 'rtl/card/dlp_card_top.sv']
    const options = ['--lint-only', '-O0', '-Wall', '-Wno-DECLFILENAME', '--top-module', 'dlp_card_top']
    const { status, stdout, stderr } = spawnSync('verilator', [...options, ...files], { cwd: root, encoding: 'utf8' })
    const messages = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('-Info'))
    expect({ status, messages }).toEqual({ status: 0, messages: [] })
  })
})

test("the shell's README lists the address of every register", () => {
  const manual = readFileSync(join(root, 'rtl', 'card', 'README.md'), 'utf8')
  for (const { address } of Object.values(registers)) {
    expect(manual).toContain(`0x${address.toString(16).padStart(3, '0')}`)
  }
})
