// Schedules of a fixed number of beats in which some columns are read only late: lawful, and found if there is one.
import { describe, expect, test } from 'vitest'
import type { PhaseProblem } from '../../../compiler/matching/problem.ts'
import { brokenLaw } from '../../../compiler/matching/problem.ts'
import { scheduleWithin } from '../../../compiler/matching/schedule-phase.ts'
import { machines } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'

/** A row group on `card`; an eighth of its columns is written last. */
function cardLayer(
  channels: number,
  taps: number,
  density: number,
  seed: number,
): { problem: PhaseProblem; late: number[] } {
  const { rows, banks } = machines.card
  const uniform = random(seed)
  const columns = channels * taps
  const bankMask = Uint32Array.from({ length: columns }, (_, column) => 1 << (Math.floor(column / taps) % banks))
  const count = Math.round(columns * density)
  const operands = Array.from({ length: rows }, () => {
    const order = Array.from({ length: columns }, (_, column) => ({ column, key: uniform() })).sort(
      (a, b) => a.key - b.key,
    )
    return Int32Array.from(order.slice(0, count), ({ column }) => column)
  })
  const late = Array.from({ length: columns }, (_, column) => column).filter(
    (column) => column >= columns - columns / 8,
  )
  return { problem: { rows, banks, columns, bankMask, operands, seed }, late }
}

describe('a schedule with late columns', () => {
  test.each([
    [128, 9, 0.2],
    [64, 9, 0.2],
    [64, 9, 0.25],
  ])('of %i channels × %i taps at %d has as many beats as one without', (channels, taps, density) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { problem, late } = cardLayer(channels, taps, density, seed)
      const beats = problem.operands[0]!.length
      const earliest = new Int32Array(problem.columns)
      for (const column of late) earliest[column] = 26
      const schedule = scheduleWithin(problem, earliest, beats)!
      expect(brokenLaw(problem, schedule)).toBeUndefined()
      expect(schedule.beats).toBe(beats)
      schedule.reads.forEach((column, at) =>
        expect(earliest[column] ?? 0).toBeLessThanOrEqual(Math.floor(at / problem.banks)),
      )
    }
  })

  test('is not found if there is none', () => {
    const one = {
      rows: 1,
      banks: 1,
      columns: 2,
      bankMask: Uint32Array.of(1, 1),
      operands: [Int32Array.of(0, 1)],
      seed: 1,
    }
    expect(scheduleWithin(one, Int32Array.of(0, 1), 2)).toMatchObject({ beats: 2 })
    expect(scheduleWithin(one, Int32Array.of(1, 1), 2)).toBeUndefined()
    expect(scheduleWithin(one, Int32Array.of(0, 0), 1)).toBeUndefined()
  })
})
