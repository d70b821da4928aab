// Schedules multiply every operand once, read one column a bank and beat, are repeatable, and come close to their lower bound.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { schedulePhase } from '../../../compiler/matching/schedule-phase.ts'
import type { PhaseProblem, PhaseSchedule } from '../../../compiler/matching/problem.ts'
import { brokenLaw } from '../../../compiler/matching/problem.ts'
import { random } from '../../../base/random.ts'

interface Shape {
  readonly rows: number
  readonly banks: number
  readonly columns: number
  readonly density: number
  readonly replicas: number
  readonly repeats: boolean
  readonly unequal: boolean
  readonly minimumBeats: number
  readonly seed: number
}

const shape: fc.Arbitrary<Shape> = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(31, 32, 33, 64, 100, 256)),
  banks: fc.constantFrom(1, 2, 3, 4, 8, 16, 31, 32),
  columns: fc.integer({ min: 1, max: 60 }),
  density: fc.constantFrom(0.02, 0.1, 0.25, 0.5, 0.9, 1),
  replicas: fc.integer({ min: 1, max: 4 }),
  repeats: fc.boolean(),
  unequal: fc.boolean(),
  minimumBeats: fc.integer({ min: 0, max: 20 }),
  seed: fc.integer(),
})

function problemOf({
  rows,
  banks,
  columns,
  density,
  replicas,
  repeats,
  unequal,
  minimumBeats,
  seed,
}: Shape): PhaseProblem {
  const uniform = random(seed)
  const bankMask = Uint32Array.from({ length: columns }, () => {
    let mask = 0
    for (let k = 0; k < replicas; k++) mask |= 1 << Math.floor(uniform() * banks)
    return mask >>> 0
  })
  const operands = Array.from({ length: rows }, () => {
    const ofRow = unequal ? density * uniform() : density
    const list: number[] = []
    for (let c = 0; c < columns; c++)
      if (uniform() < ofRow) for (let k = repeats ? 1 + Math.floor(uniform() * 3) : 1; k > 0; k--) list.push(c)
    return Int32Array.from(list)
  })
  return { rows, banks, columns, bankMask, operands, minimumBeats, seed }
}

/** Rows with equally many operands, channel c in bank c mod B. */
function layer(
  channels: number,
  taps: number,
  density: number,
  seed: number,
  { rows = 64, banks = 16 } = {},
): PhaseProblem {
  const uniform = random(seed)
  const columns = channels * taps
  const bankMask = Uint32Array.from({ length: columns }, (_, c) => (1 << (Math.floor(c / taps) % banks)) >>> 0)
  const operands = Array.from({ length: rows }, () => sample(columns, Math.round(columns * density), uniform))
  return { rows, banks, columns, bankMask, operands, seed }
}

function sample(columns: number, count: number, uniform: () => number): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, c) => c)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(uniform() * (columns - i))
    const column = all[j]!
    all[j] = all[i]!
    all[i] = column
  }
  return all.slice(0, count)
}

function lawful(problem: PhaseProblem): PhaseSchedule {
  const schedule = schedulePhase(problem)
  expect(brokenLaw(problem, schedule)).toBeUndefined()
  return schedule
}

describe('a schedule', () => {
  test('keeps every law for any problem', () => {
    fc.assert(
      fc.property(shape, (s) => {
        lawful(problemOf(s))
      }),
      { numRuns: 300 },
    )
  })

  test('is the same for the same problem', () => {
    fc.assert(
      fc.property(shape, (s) => {
        expect(schedulePhase(problemOf(s))).toEqual(schedulePhase(problemOf(s)))
      }),
      { numRuns: 60 },
    )
  })

  test('without operands has no beats', () => {
    expect(
      lawful({
        rows: 3,
        banks: 2,
        columns: 4,
        bankMask: Uint32Array.of(1, 1, 2, 2),
        operands: [0, 1, 2].map(() => new Int32Array(0)),
        seed: 1,
      }).beats,
    ).toBe(0)
    expect(lawful({ rows: 0, banks: 1, columns: 0, bankMask: new Uint32Array(0), operands: [], seed: 1 }).beats).toBe(0)
  })

  test('has as many beats as requested if these are more than it needs', () => {
    expect(lawful({ ...layer(4, 1, 0.5, 1, { rows: 4, banks: 4 }), minimumBeats: 8 })).toMatchObject({
      beats: 8,
      lowerBound: 2,
    })
  })

  test('of one column for all rows is one beat', () => {
    expect(
      lawful({
        rows: 33,
        banks: 32,
        columns: 1,
        bankMask: Uint32Array.of(0x80000000),
        operands: Array.from({ length: 33 }, () => Int32Array.of(0)),
        seed: 5,
      }).beats,
    ).toBe(1)
  })

  test('of a dense layer meets its lower bound', () => {
    expect(lawful(layer(16, 9, 1, 3, { rows: 16, banks: 8 })).beats).toBe(144)
    expect(lawful(layer(128, 9, 1, 3)).beats).toBe(1152)
  })

  test('of a column that is three operands of one row reads it three times', () => {
    expect(
      lawful({
        rows: 2,
        banks: 2,
        columns: 2,
        bankMask: Uint32Array.of(1, 1),
        operands: [Int32Array.of(0, 0, 0), Int32Array.of(1)],
        seed: 5,
      }),
    ).toMatchObject({ beats: 4, lowerBound: 4 })
  })

  test('spreads a column with replicas over its banks', () => {
    const spread = {
      rows: 4,
      banks: 4,
      columns: 4,
      bankMask: new Uint32Array(4).fill(15),
      operands: [0, 1, 2, 3].map((c) => Int32Array.of(c)),
      seed: 1,
    }
    expect(lawful(spread)).toMatchObject({ beats: 1, lowerBound: 1 })
    expect(lawful({ ...spread, bankMask: new Uint32Array(4).fill(1) })).toMatchObject({ beats: 4, lowerBound: 4 })
  })

  test('is refused if no bank can read an operand', () => {
    expect(() =>
      schedulePhase({
        rows: 1,
        banks: 2,
        columns: 1,
        bankMask: Uint32Array.of(4),
        operands: [Int32Array.of(0)],
        seed: 1,
      }),
    ).toThrow('no bank holds column 0')
    expect(() =>
      schedulePhase({
        rows: 1,
        banks: 2,
        columns: 1,
        bankMask: Uint32Array.of(1),
        operands: [Int32Array.of(1)],
        seed: 1,
      }),
    ).toThrow('has an operand of column 1; columns: 1')
  })
})

describe('on the shapes of ResNet-18 on card a schedule is within 1 % or one beat of its lower bound', () => {
  for (const channels of [16, 32, 64, 128])
    for (const density of [0.25, 0.2, 0.125])
      test(`${channels} channels × 9 taps at ${density}`, () => {
        for (let seed = 1; seed <= (channels === 128 ? 2 : 4); seed++) {
          const { beats, lowerBound } = lawful(layer(channels, 9, density, seed))
          expect(beats).toBeLessThanOrEqual(lowerBound + Math.max(1, Math.floor(lowerBound / 100)))
        }
      })

  for (const channels of [16, 32, 64, 128, 512])
    test(`${channels} channels × 1 tap at 0.25`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        const { beats, lowerBound } = lawful(layer(channels, 1, 0.25, seed))
        expect(beats).toBeLessThanOrEqual(lowerBound + 1)
      }
    })

  test('37 columns with five replicas each, half of the columns operands of each row', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const uniform = random(seed)
      const bankMask = Uint32Array.from(
        { length: 37 },
        (_, c) =>
          Array.from({ length: 16 }, (_, b) => b)
            .filter((b) => b % 3 === c % 3)
            .reduce((mask, b) => mask | (1 << b), 0) >>> 0,
      )
      const operands = Array.from({ length: 64 }, () => sample(37, 18, uniform))
      const { beats, lowerBound } = lawful({ rows: 64, banks: 16, columns: 37, bankMask, operands, seed })
      expect(lowerBound).toBe(18)
      expect(beats).toBeLessThanOrEqual(19)
    }
  })
})
