// Two lanes in one DSP: the primitive's modes and the written-out arithmetic give the same sums in every cycle, and the sums of both lanes.
import { describe, expect, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import { buildBench, run, toolIsHere } from './verilator.ts'

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('dlp_packed_mac in Verilator', () => {
  test('is the same on a DSP48E2 as written out', { timeout: 120_000 }, () => {
    const bench = { top: 'dlp_packed_mac', module: 'dlp_packed_mac', machine: machines.card, macros: {} }
    const written = buildBench({ ...bench, files: ['rtl/bench/packed_mac.cpp'] })
    const primitive = buildBench({
      ...bench,
      files: ['rtl/bench/dsp48e2.sv', 'rtl/bench/packed_mac.cpp'],
      options: ['-DDLP_DSP48E2'],
    })
    for (const seed of [1, 2, 3]) {
      const sums = run(primitive, [String(seed), '20000'])
      expect(new Set(sums.split('\n')).size).toBeGreaterThan(1000)
      expect(sums).toBe(run(written, [String(seed), '20000']))
    }
  })
})
