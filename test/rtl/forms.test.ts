// Modules that are written for simulation and again with the primitives of the card's family behave the same in every cycle.
import { describe, expect, test } from 'vitest'
import { evenShifts } from '../../isa/model/formats.ts'
import { machines } from '../../isa/model/machine.ts'
import { requantise } from '../../isa/numerics.ts'
import type { Testbench } from './verilator.ts'
import { buildBench, primitives, run, toolIsHere } from './verilator.ts'

/** The programs of a module's bench: as simulation reads it, as synthesis does, and with primitives. */
function forms(module: string, source: string, files: readonly string[] = [], options: readonly string[] = []): string[] {
  const top = files.length === 0 ? module : `${module}_bench`
  const bench: Testbench = { top, module, machine: machines.card, macros: {}, files: [...files, source] }
  return [
    buildBench({ ...bench, options }),
    buildBench({ ...bench, options: ['-DSYNTHESIS', ...options] }),
    buildBench({ ...bench, options: [...primitives, ...options] }),
  ]
}

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('with the primitives of the card, in Verilator', () => {
  test.each([
    { module: 'dlp_packed_mac', source: 'rtl/bench/packed_mac.cpp', files: [], options: [], cycles: 20_000 },
    { module: 'dlp_pe_lane', source: 'rtl/bench/pe_lane.cpp', files: [], options: ['-GAccumulatorBits=22'], cycles: 50_000 },
    { module: 'dlp_mux', source: 'rtl/bench/mux.cpp', files: ['rtl/bench/dlp_mux_bench.sv'], options: [], cycles: 1_000 },
  ])('$module behaves as its plain form', { timeout: 240_000 }, ({ module, source, files, options, cycles }) => {
    const programs = forms(module, source, files, options)
    for (const seed of [1, 2, 3]) {
      const [first = '', ...others] = programs.map((program) => run(program, [String(seed), String(cycles)]))
      expect(new Set(first.split('\n')).size).toBeGreaterThan(1000)
      for (const other of others) expect(other).toBe(first)
    }
  })

  test.each([
    ['dlp_post_row', 'rtl/bench/post_row.cpp', ['-GLanes=1']],
    ['dlp_serial_row', 'rtl/bench/serial_row.cpp', ['-GLanes=1', '-GAccumulatorBits=32']],
  ] as const)('%s requantises as isa/numerics.ts, extremes included', { timeout: 240_000 }, (module, bench, options) => {
    const cases = postCases(200_000)
    const expected = cases.map(([total, bias, multiplier, shift, even, zeroPoint, low, high]) =>
      // the output has eight bits: a code, signed or not
      requantise(total, bias, multiplier, shift, zeroPoint, low, high, even) & 255,
    )
    const input = cases.map((values) => values.join(' ')).join('\n')
    for (const program of forms(module, bench, [], options)) {
      const codes = run(program, [], input).trim().split('\n').map(Number)
      const wrong = expected.findIndex((code, i) => code !== codes[i])
      expect(wrong < 0 ? 'none' : { values: cases[wrong], code: codes[wrong], expected: expected[wrong] }).toBe('none')
      expect(codes.length).toBe(expected.length)
    }
    expect(new Set(expected).size).toBe(256)
    const up = cases.map(([total, bias, multiplier, shift, , ...to]) => requantise(total, bias, multiplier, shift, ...to) & 255)
    expect(expected.filter((code, i) => code !== up[i]).length).toBeGreaterThan(2000)
  })
})

type PostCase = readonly [total: number, bias: number, multiplier: number, shift: number, even: number, zeroPoint: number, low: number, high: number]

/** Totals, biases and multipliers of all sizes and at the ends of their ranges; shifts that leave many bits or few; every kind of clamp. */
function postCases(count: number): PostCase[] {
  let state = 1
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const sized = (bits: number): number => {
    if (below(8) === 0) return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, -1, 1][below(5)]!
    const size = 1 + below(bits - 1)
    return (below(2) === 0 ? -1 : 1) * below(2 ** size)
  }
  return Array.from({ length: count }, () => {
    const even = below(2)
    const bias = sized(32)
    // with powers of two, and sums that are odd multiples of the right one, halves are frequent
    const power = even === 1 && below(4) > 0 ? below(15) : undefined
    const multiplier = power === undefined ? sized(16) : (below(2) === 0 ? -1 : 1) * 2 ** power
    const evenShift = evenShifts[below(2)]!
    const half = power === undefined || below(2) === 0 ? undefined : 2 ** Math.max(0, evenShift - 1 - power)
    const total = half === undefined ? sized(32) : (half * (2 * below(600) - 599) - bias) | 0
    // so that the code is often within nine bits: from the product's own size
    const size = Math.ceil(Math.log2(Math.abs(((total + bias) | 0) * multiplier) + 1))
    const shift = even === 1 ? evenShift : below(3) === 0 ? below(48) : Math.min(47, Math.max(0, size - 12 + below(8)))
    const [one, other] = [below(512) - 256, below(512) - 256]
    const [low, high] = below(3) === 0 ? [-256, 255] : [Math.min(one, other), Math.max(one, other)]
    return [total, bias, multiplier, shift, even, sized(9), low, high]
  })
}
