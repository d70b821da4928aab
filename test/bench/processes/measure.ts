// Whole processes, as a user runs them: wall clock, CPU of all threads and children, peak memory.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Usage {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  /** resident set of the Node process at its highest, without its children's */
  readonly peakMiB: number
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const hook = fileURLToPath(new URL('usage-hook.mjs', import.meta.url))
/** Longer than any process takes, the build of a large RTL on a busy machine among them. */
const mostMilliseconds = 60 * 60 * 1000

/** The command that the package brings, as it is built. */
export const dlp = join(root, 'dist', 'cli', 'dlp.js')

/**
 * Runs `dlp` with the words given.
 * @returns what it used, and its standard output
 * @throws Error with the last lines of its standard error where it fails
 */
export function measureDlp(words: readonly string[]): { readonly usage: Usage; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'dlp-bench-'))
  const file = join(folder, 'usage.json')
  try {
    const start = performance.now()
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--import', hook, dlp, ...words], {
      cwd: root,
      env: { ...process.env, DLP_BENCH_USAGE: file },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: mostMilliseconds,
    })
    const wallSeconds = (performance.now() - start) / 1000
    if (status !== 0) throw new Error(`dlp ${words.join(' ')} ended with ${signal ?? status}:\n${stderr.slice(-1000)}`)
    const { cpuSeconds, peakMiB } = JSON.parse(readFileSync(file, 'utf8')) as Omit<Usage, 'wallSeconds'>
    return { usage: { wallSeconds, cpuSeconds, peakMiB }, output: stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The median of each figure separately. @param runs at least one */
export function medianOf(runs: readonly Usage[]): Usage {
  const middle = (of: (run: Usage) => number): number => {
    const sorted = runs.map(of).sort((a, b) => a - b)
    const at = (sorted.length - 1) / 2
    return (sorted[Math.floor(at)]! + sorted[Math.ceil(at)]!) / 2
  }
  return {
    wallSeconds: middle(({ wallSeconds }) => wallSeconds),
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    peakMiB: middle(({ peakMiB }) => peakMiB),
  }
}
