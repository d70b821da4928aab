// The RTL is clean in Verilator for every named machine, and Yosys reads and elaborates it.
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { root } from '../support/source-files.ts'
import { rtlSources, toolIsHere } from './verilator.ts'

/** dlp_compute's parameters of a machine as Verilator takes them. */
const parameters = (machine: Machine): string[] =>
  Object.entries({
    GridHeight: machine.gridHeight,
    GridWidth: machine.gridWidth,
    Rows: machine.rows,
    Clusters: machine.clusters,
    Banks: machine.banks,
    DrainRows: machine.drainRows,
    FeatureWords: machine.featureWords,
    WeightBeats: machine.weightBeats,
    ParameterGroups: machine.parameterGroups,
    AccumulatorBits: machine.accumulatorBits,
    PackedPairs: machine.packedPairs ? "1'b1" : "1'b0",
  }).map(([name, value]) => `-G${name}=${value}`)

/** All sources with a machine's package, in the order in which they may be read. */
function sources(machine: string): string[] {
  const [isaPackage = '', ...others] = rtlSources('dlp_compute')
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
  test.each(Object.values(machines))('finds nothing in the compute path of $name', { timeout: 240_000 }, (machine) => {
    const options = [...lint, '--top-module', 'dlp_compute']
    expect(messages('verilator', [...options, ...parameters(machine), ...sources(machine.name)])).toBe('')
  })

  test('finds nothing in any module of it by itself', { timeout: 60_000 }, () => {
    expect(messages('verilator', [...lint, '-Wno-MULTITOP', ...sources('tiny')])).toBe('')
  })
})

describe.skipIf(!toolIsHere('yosys'))('Yosys', () => {
  test(
    'reads every file of it and elaborates the compute path without a complaint or a latch',
    { timeout: 120_000 },
    () => {
      const script = `read_verilog -sv ${sources('tiny').join(' ')}; hierarchy -check -top dlp_compute; proc; check -assert; select -assert-none t:$dlatch`
      expect(messages('yosys', ['-q', '-p', script])).toBe('')
    },
  )
})
