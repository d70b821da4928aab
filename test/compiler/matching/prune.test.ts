// Schedule-aware pruning fills every beat and keeps nearly all of the importance that a choice without schedule would keep.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { brokenLaw } from '../../../compiler/matching/problem.ts'
import type { PruneProblem } from '../../../compiler/matching/prune.ts'
import { pruneScheduled } from '../../../compiler/matching/prune.ts'
import { normal, random } from '../../../base/random.ts'

function layer(channels: number, taps: number, density: number, seed: number, rows = 64, banks = 16): PruneProblem {
  const uniform = random(seed)
  const columns = channels * taps
  const bankMask = Uint32Array.from({ length: columns }, (_, c) => (1 << (Math.floor(c / taps) % banks)) >>> 0)
  const importance = Float32Array.from({ length: rows * columns }, () => normal(uniform) ** 2)
  return { rows, banks, columns, bankMask, importance, keep: Math.round(columns * density), seed }
}

/** Importance kept as a share of what the most important weights of each row hold. */
function shareKept(problem: PruneProblem, kept: readonly Int32Array[]): number {
  let have = 0
  let free = 0
  for (const [row, list] of kept.entries()) {
    const own = problem.importance.subarray(row * problem.columns, (row + 1) * problem.columns)
    for (const column of list) have += own[column]!
    for (const value of own.slice().sort().reverse().subarray(0, problem.keep)) free += Math.max(0, value)
  }
  return have / free
}

describe('schedule-aware pruning', () => {
  for (const [channels, density, least] of [
    [16, 0.25, 0.999],
    [16, 0.2, 0.999],
    [16, 0.125, 0.995],
    [64, 0.25, 0.999],
    [64, 0.2, 0.999],
    [64, 0.125, 0.995],
    [128, 0.25, 0.999],
    [128, 0.2, 0.999],
    [128, 0.125, 0.995],
  ] as const)
    test(`of ${channels} channels × 9 taps at ${density} fills every beat and keeps ${100 * least} % of the energy`, () => {
      const problem = layer(channels, 9, density, channels)
      const { kept, schedule } = pruneScheduled(problem)
      expect(schedule.beats).toBe(problem.keep)
      expect(kept.map((list) => list.length)).toEqual(kept.map(() => problem.keep))
      expect(shareKept(problem, kept)).toBeGreaterThan(least)
      expect(shareKept(problem, kept)).toBeLessThanOrEqual(1 + 1e-9)
    })

  test('gives a lawful schedule of what it keeps, keeps only what is available, and repeats itself', () => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.constantFrom(1, 3, 8, 33, 64),
          banks: fc.constantFrom(1, 2, 4, 16, 32),
          columns: fc.integer({ min: 1, max: 80 }),
          keep: fc.integer({ min: 0, max: 40 }),
          available: fc.constantFrom(0, 0.1, 0.5, 1),
          seed: fc.integer(),
        }),
        ({ rows, banks, columns, keep, available, seed }) => {
          const uniform = random(seed)
          const bankMask = Uint32Array.from({ length: columns }, () => (1 << Math.floor(uniform() * banks)) >>> 0)
          const importance = Float32Array.from({ length: rows * columns }, () =>
            uniform() < available ? uniform() : 0,
          )
          const problem = { rows, banks, columns, bankMask, importance, keep, seed }
          const { kept, schedule } = pruneScheduled(problem)
          expect(brokenLaw({ rows, banks, columns, bankMask, operands: kept, seed }, schedule)).toBeUndefined()
          expect(schedule.beats).toBeLessThanOrEqual(keep)
          for (const [row, list] of kept.entries()) {
            expect(list.length).toBeLessThanOrEqual(keep)
            expect(new Set(list).size).toBe(list.length)
            for (const column of list) expect(importance[row * columns + column]).toBeGreaterThan(0)
          }
          expect(pruneScheduled(problem)).toEqual({ kept, schedule })
        },
      ),
      { numRuns: 150 },
    )
  })

  test('keeps infinite importance before all else', () => {
    const problem = layer(16, 9, 0.25, 5)
    const importance = problem.importance.slice()
    for (let row = 0; row < 64; row++) importance[row * problem.columns + row] = Infinity
    const { kept } = pruneScheduled({ ...problem, importance })
    for (const [row, list] of kept.entries()) expect(list).toContain(row)
  })

  test('keeps everything when all columns fit the beats', () => {
    const problem = { ...layer(4, 1, 1, 5), keep: 9 }
    const { kept, schedule } = pruneScheduled(problem)
    expect(schedule.beats).toBe(4)
    expect(kept.map((list) => [...list])).toEqual(kept.map(() => [0, 1, 2, 3]))
  })

  test('refuses importances of another size', () => {
    expect(() => pruneScheduled({ ...layer(4, 1, 1, 5), columns: 5 })).toThrow('256 importances for 64 rows of 5')
  })
})
