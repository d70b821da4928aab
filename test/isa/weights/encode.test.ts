// The laws of the weight stream's encoding: decode undoes encode, and every stream is canonical.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Machine } from '../../../isa/model/machine.ts'
import { machines } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import { flag, pageOf, sliceBeats } from '../../../isa/weights/beats.ts'
import { decodeGroup } from '../../../isa/weights/decode.ts'
import { encodeGroup, groupBeats } from '../../../isa/weights/encode.ts'
import type { ScheduledPhase } from '../../../isa/weights/encode.ts'
import { arbitraryMachine } from '../arbitrary-machine.ts'
import { meaning, randomRun } from './random-group.ts'

const { tiny } = machines

const group = fc.record({
  machine: arbitraryMachine,
  seed: fc.integer(),
  tapBits: fc.integer({ min: 0, max: 6 }),
  parts: fc.integer({ min: 1, max: 3 }),
  most: fc.integer({ min: 0, max: 6 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
})

type Group = typeof group extends fc.Arbitrary<infer Value> ? Value : never

function runsOf({ machine, seed, tapBits, parts, most, share }: Group): ScheduledPhase[] {
  const draw = random(seed)
  const pages = tapBits < 2 ? 1 : 2
  const runs: ScheduledPhase[] = []
  for (let part = 0; part < parts; part++)
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      for (let phase = 0; phase < 4; phase++)
        for (let page = 0; page < pages; page++)
          if (draw() < share) runs.push(randomRun({ cluster, part, phase, page }, machine, tapBits, most, draw))
  return runs
}

const asMap = (terms: ReturnType<typeof decodeGroup>) =>
  new Map(terms.map((term) => [[term.row, term.cluster, term.bank, term.entry, term.tap].join('/'), term.value]))

/** A run in which row 0 takes column 0 from bank 0 with the value, in one beat. */
function oneTake(place: Partial<ScheduledPhase>, value: number, machine: Machine = tiny): ScheduledPhase {
  const { rows, banks } = machine
  const reads = new Int32Array(banks).fill(-1).fill(0, 0, 1)
  const assignments = new Int32Array(rows).fill(-1).fill(0, 0, 1)
  return {
    ...{ cluster: 0, part: 0, phase: 0, page: 0, beats: 1, reads, assignments, assignedBanks: assignments },
    ...{ ids: new Uint8Array(banks).fill(5), operands: [Int32Array.of(0)], values: [Int8Array.of(value)] },
    ...place,
  }
}

describe('a row group', () => {
  test('decodes to the CSR that was encoded', () => {
    fc.assert(
      fc.property(group, (drawn) => {
        const runs = runsOf(drawn)
        const terms = decodeGroup(encodeGroup(runs, drawn.machine), drawn.tapBits, drawn.machine)
        expect(asMap(terms)).toEqual(meaning(runs, drawn.tapBits, drawn.machine))
      }),
      { numRuns: 200 },
    )
  })

  test('has as many beats as groupBeats computes', () => {
    fc.assert(
      fc.property(group, (drawn) => {
        const runs = runsOf(drawn)
        expect(groupBeats(runs, drawn.machine)).toBe(encodeGroup(runs, drawn.machine).beats)
      }),
    )
  })

  test('ends each part in all clusters at once, each at least rows ÷ drainRows beats long, and keeps all sums but the last', () => {
    fc.assert(
      fc.property(group, fc.boolean(), (drawn, keepLast) => {
        const { machine } = drawn
        const runs = runsOf(drawn)
        const { beats, flags } = encodeGroup(runs, machine, { keepLast })
        const ends: number[] = []
        for (let beat = 0; beat < beats; beat++) {
          const own = [...flags.subarray(beat * machine.clusters, (beat + 1) * machine.clusters)]
          const closing = new Set(own.map((byte) => byte & (flag.end | flag.keep)))
          expect(closing.size).toBe(1)
          if (!closing.has(0)) ends.push(beat)
        }
        expect(ends.at(-1)).toBe(beats - 1)
        expect(ends).toHaveLength(1 + Math.max(0, ...runs.map(({ part }) => part)))
        for (const [index, end] of ends.entries()) {
          expect(end - (ends[index - 1] ?? -1)).toBeGreaterThanOrEqual(machine.rows / machine.drainRows)
          const kept = (flags[end * machine.clusters]! & flag.keep) !== 0
          expect(kept).toBe(index < ends.length - 1 || keepLast)
        }
      }),
    )
  })

  test('is canonical: entries without a value select bank 0, banks from which no row takes an operand have id 0', () => {
    fc.assert(
      fc.property(group, (drawn) => {
        const { clusters, rows, banks } = drawn.machine
        const { beats, values, selects, ids } = encodeGroup(runsOf(drawn), drawn.machine)
        for (let at = 0; at < beats * clusters; at++) {
          const taken = new Set<number>()
          for (let row = 0; row < rows; row++)
            if (values[at * rows + row] === 0) expect(selects[at * rows + row]).toBe(0)
            else taken.add(selects[at * rows + row]!)
          for (let bank = 0; bank < banks; bank++) if (!taken.has(bank)) expect(ids[at * banks + bank]).toBe(0)
        }
      }),
    )
  })
})

describe('phases', () => {
  test('a skipped phase is one empty beat with shift, and the highest phase carries none', () => {
    const { flags } = encodeGroup([oneTake({ phase: 3 }, 1), oneTake({ phase: 1, page: 2 }, 1)], tiny)
    const own = [...flags].filter((_, index) => index % tiny.clusters === 0)
    expect(own.slice(0, 4).map((byte) => byte & flag.shift)).toEqual([0, 1, 1, 1])
    expect(own.slice(0, 4).map(pageOf)).toEqual([0, 0, 2, 0])
  })

  test('a value of phase 2 counts 256-fold', () => {
    const stream = encodeGroup([oneTake({ phase: 2 }, -3)], tiny)
    expect(decodeGroup(stream, 2, tiny)).toEqual([{ row: 0, cluster: 0, bank: 0, entry: 1, tap: 1, value: -768 }])
  })

  test('terms of one column merge over phases, pages apart, and over parts', () => {
    const runs = [oneTake({ phase: 1 }, 2), oneTake({}, -1), oneTake({ page: 1 }, 7), oneTake({ part: 1 }, 4)]
    const values = decodeGroup(encodeGroup(runs, tiny), 2, tiny).map(({ entry, value }) => [entry, value])
    expect(values).toEqual([
      [1, 35],
      [65, 7],
    ])
  })
})

describe('a fault', () => {
  test('of a row that takes what its bank does not read is found', () => {
    expect(() => encodeGroup([oneTake({ assignedBanks: new Int32Array(tiny.rows).fill(1) }, 1)], tiny)).toThrow(
      RangeError,
    )
  })
  test('of an operand without an assignment is found', () => {
    expect(() =>
      encodeGroup([oneTake({ operands: [Int32Array.of(0, 0)], values: [Int8Array.of(1, 1)] }, 1)], tiny),
    ).toThrow(/lacks 1/)
  })
  test('of a truncated stream is found', () => {
    const stream = encodeGroup([oneTake({}, 1)], tiny)
    expect(() => decodeGroup(sliceBeats(stream, 0, stream.beats - 1, tiny), 0, tiny)).toThrow('does not end a part')
  })
  test('of an id outside the slot table is found', () => {
    expect(() => decodeGroup(encodeGroup([oneTake({ page: 7 }, 1)], tiny), 0, tiny)).toThrow('slot entry')
  })
})
