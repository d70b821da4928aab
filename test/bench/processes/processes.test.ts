// The rules of the measurements: medians, ratios, the README's table, options; the usage of a process includes its children's.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { root } from '../../support/source-files.ts'
import { cases, wordsOf } from './cases.ts'
import { medianOf } from './measure.ts'
import { tableOf, withTable } from './readme.ts'
import { compareResults, regressionRatio } from './results.ts'
import type { CaseResult } from './results.ts'

const result = (cpuSeconds: number, cycles: number): CaseResult => ({
  bench: 'resnet8',
  date: '2001-01-01',
  machine: { cpu: 'a processor', cores: 2, node: '20.0.0' },
  case: cases[0]!,
  steps: [
    { name: 'compile', command: 'dlp compile', runs: [], median: { wallSeconds: 2 * cpuSeconds, cpuSeconds, peakMiB: 100 } },
    { name: 'simulate', command: 'dlp simulate', runs: [], median: { wallSeconds: 1, cpuSeconds: 1, peakMiB: 90 }, cycles, cyclesPerCpuSecond: cycles },
  ],
}) // prettier-ignore

describe('measurements', () => {
  test('take the middle of each figure by itself', () => {
    const run = (cpuSeconds: number, peakMiB: number) => ({ wallSeconds: 1, cpuSeconds, peakMiB })
    expect(medianOf([run(3, 10), run(1, 30), run(2, 20)])).toEqual(run(2, 20))
    expect(medianOf([run(1, 10), run(4, 20)])).toEqual(run(2.5, 15))
  })

  test('become ratios, and regressions above the limit by CPU time alone', () => {
    const [compile, simulate] = compareResults(result(1, 1000), result(1.2, 990))
    expect(compile).toEqual({
      step: 'resnet8 compile',
      cpu: 1.2,
      wall: 1.2,
      peak: 1,
      cycles: undefined,
      isRegression: false,
    })
    expect(simulate!.cycles).toBe(0.99)
    const slower = compareResults(result(1, 1000), result(regressionRatio + 0.01, 5000))
    expect(slower.map(({ isRegression }) => isRegression)).toEqual([true, false])
  })

  test('stand in the README between its markers, and nothing else of it changes', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const table = tableOf(
      [{ ...result(1.5, 7159), rtlOverSimulator: 25.5 }],
      [{ who: 'x', figure: 'y', here: 'z', source: 's' }],
    )
    expect(table).toContain('| resnet8, `edge`, 0.25 | simulate | 1.0 s | 1.0 s | 90 MiB | 7,159 | 7,159 |')
    expect(table).toContain("takes 25.5 times the simulator's CPU time")
    const written = withTable(readme, table)
    expect(withTable(written, '')).toBe(withTable(readme, ''))
    expect(written).toContain(table)
    expect(() => withTable('# dlp', table)).toThrow(/has no lines/)
  })

  test('count the work of a process and of its children', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dlp-'))
    try {
      const file = join(folder, 'usage.json')
      const spin = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);'
      const parent = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(spin)}])`
      const hook = fileURLToPath(new URL('usage-hook.mjs', import.meta.url))
      spawnSync(process.execPath, ['--import', hook, '-e', parent], { env: { ...process.env, DLP_BENCH_USAGE: file } })
      const { cpuSeconds, peakMiB } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
      if (process.platform === 'linux') expect(cpuSeconds).toBeGreaterThanOrEqual(0.3)
      expect(peakMiB).toBeGreaterThan(10)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('are commands that a user can type', () => {
    expect(wordsOf(cases[0]!, 'compile').slice(0, 4)).toEqual([
      'compile',
      'build/bench/resnet8.onnx',
      '-o',
      'build/bench/resnet8.dlp',
    ])
    const rtl = cases.find(({ name }) => name === 'rtl')!
    expect(wordsOf(rtl, 'rtl').join(' ')).toBe('simulate build/bench/rtl.dlp --images 16 --on rtl --json')
  })

  test.each([
    ['--only', 'resnet9'],
    ['--rounds', '0'],
    ['--fast', ''],
    ['no-such', ''],
  ])('refuse %s %s with exit code 2', (option, value) => {
    const words = value === '' ? [option] : [option, value]
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools', 'bench.mjs'), ...words], {
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(/resnet9|--rounds|--fast|no-such/)
  })
})
