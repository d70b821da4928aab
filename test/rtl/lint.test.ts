// The RTL is clean in Verilator, and Yosys reads and elaborates it. `card` takes a minute: `npm run lint:rtl` has it.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../support/source-files.ts'
import { rtlSources, toolIsHere } from './verilator.ts'

/** All sources with a machine's package, in the order in which they may be read. */
function sources(machine: string): string[] {
  const [isaPackage = '', ...others] = rtlSources('dlp')
  return [isaPackage, `rtl/generated/${machine}/dlp_machine_pkg.sv`, ...others]
}

/** Optimising what is never run would take most of the time. */
const lint = ['--lint-only', '-O0', '-Wall', '-Wno-DECLFILENAME']

function messages(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  if (error !== undefined) throw error
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => !line.startsWith('-Info'))
  return lines.join('\n') + (status === 0 ? '' : `ended with ${status}`)
}

describe.skipIf(!toolIsHere('verilator'))('Verilator', () => {
  test.each(['tiny', 'edge'])('finds nothing in the processor of %s', { timeout: 120_000 }, (name) => {
    expect(messages('verilator', [...lint, '--top-module', 'dlp', ...sources(name)])).toBe('')
  })

  test('finds nothing in any module by itself', { timeout: 60_000 }, () => {
    expect(messages('verilator', [...lint, '-Wno-MULTITOP', ...sources('tiny')])).toBe('')
  })

  test('the processor instantiates every module: no file is left over', () => {
    const listed = (folder: string): string[] =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.sv'))
        .map((name) => `${folder}/${name}`)
    expect(rtlSources('dlp').toSorted()).toEqual([...listed('rtl'), ...listed('rtl/cells'), ...listed('rtl/generated')].toSorted())
  })
})

describe.skipIf(!toolIsHere('yosys'))('Yosys', () => {
  test('reads every file and elaborates the processor without a complaint or a latch', { timeout: 120_000 }, () => {
    const script = `read_verilog -sv ${sources('tiny').join(' ')}; hierarchy -check -top dlp; proc; check -assert; select -assert-none t:$dlatch`
    expect(messages('yosys', ['-q', '-p', script])).toBe('')
  })
})
