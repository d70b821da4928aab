// The order of beats: a COMPUTE gives the same sums in as many beats, part by part, and waits no longer for what is written late.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BeatOrder } from '../../../compiler/matching/beat-order.ts'
import type { Release } from '../../../compiler/matching/rematch.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import { type BeatStream, flag, pageOf, sliceBeats } from '../../../isa/weights/beats.ts'
import { decodeGroup, type GroupNonZero } from '../../../isa/weights/decode.ts'
import { encodeGroup, type ScheduledPhase } from '../../../isa/weights/encode.ts'
import { arbitraryMachine } from '../../isa/arbitrary-machine.ts'
import { randomRun } from '../../isa/weights/random-group.ts'

const tapBits = 2

const drawn = fc.record({
  machine: arbitraryMachine,
  seed: fc.integer(),
  parts: fc.integer({ min: 1, max: 2 }),
  most: fc.integer({ min: 1, max: 12 }),
  share: fc.double({ min: 0.1, max: 1, noNaN: true }),
  /** share of the reads with a late release, and the latest release */
  late: fc.constantFrom(0, 0.05, 0.2, 0.5),
  latest: fc.integer({ min: 1, max: 30 }),
})

interface Case {
  readonly machine: Machine
  readonly stream: BeatStream
  readonly release: Release
}

function caseOf({
  machine,
  seed,
  parts,
  most,
  share,
  late,
  latest,
}: typeof drawn extends fc.Arbitrary<infer V> ? V : never): Case {
  const draw = random(seed)
  const runs: ScheduledPhase[] = []
  for (let part = 0; part < parts; part++)
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      for (let phase = 0; phase < 3; phase++)
        for (let page = 0; page < 2; page++)
          if (draw() < share) runs.push(randomRun({ cluster, part, phase, page }, machine, tapBits, most, draw))
  return { machine, stream: encodeGroup(runs, machine), release: randomRelease(seed, late, latest) }
}

function randomRelease(seed: number, late: number, latest: number): Release {
  const known = new Map<string, number>()
  const draw = random(seed + 1)
  return (...read) => {
    const key = read.join('/')
    if (!known.has(key)) known.set(key, draw() < late ? Math.ceil(draw() * latest) : 0)
    return known.get(key)!
  }
}

/** The cycles that a COMPUTE waits. Columns that no row takes are not read. */
function waitOf(
  { beats, values, selects, ids, flags }: BeatStream,
  { clusters, rows, banks }: Machine,
  release: Release,
): number {
  let wait = 0
  for (let at = 0; at < beats * clusters; at++)
    for (let row = 0; row < rows; row++) {
      if (values[at * rows + row] === 0) continue
      const bank = selects[at * rows + row]!
      const latest = release(at % clusters, bank, pageOf(flags[at]!), ids[at * banks + bank]!)
      wait = Math.max(wait, latest - Math.floor(at / clusters))
    }
  return wait
}

/** What each part adds up. */
function meaning(stream: BeatStream, machine: Machine): GroupNonZero[][] {
  const ends = Array.from({ length: stream.beats }, (_, beat) => beat + 1).filter(
    (end) => (stream.flags[(end - 1) * machine.clusters]! & flag.end) !== 0,
  )
  return ends.map((end, part) => decodeGroup(sliceBeats(stream, ends[part - 1] ?? 0, end, machine), tapBits, machine))
}

const fixedFlags = ({ flags }: BeatStream): number[] =>
  Array.from(flags, (byte) => byte & (flag.shift | flag.end | flag.keep))

describe('beats in another order', () => {
  test('give the same sums part by part, wait no longer, and break no law of a stream', () => {
    let shorter = 0
    let rematched = 0
    fc.assert(
      fc.property(drawn, (facts) => {
        const { machine, stream, release } = caseOf(facts)
        const before = waitOf(stream, machine, release)
        const order = new BeatOrder(stream, machine, facts.latest)
        const wait = order.wait(release)
        const ordered = order.ordered(release)
        expect(meaning(ordered, machine)).toEqual(meaning(stream, machine))
        expect(fixedFlags(ordered)).toEqual(fixedFlags(stream))
        const after = waitOf(ordered, machine, release)
        expect(wait).toBeLessThanOrEqual(before)
        expect(after).toBeLessThanOrEqual(wait)
        if (wait < before) shorter++
        if (after < wait) rematched++
        // As the encoder writes it: unused selects are zero.
        expect(ordered.selects.some((bank, at) => bank !== 0 && ordered.values[at] === 0)).toBe(false)
        // The given stream is unchanged, and the same request has the same result.
        expect(new BeatOrder(caseOf(facts).stream, machine, facts.latest).ordered(release)).toEqual(ordered)
      }),
      { numRuns: 200 },
    )
    expect(shorter).toBeGreaterThan(20)
    expect(rematched).toBeGreaterThan(5)
  })
})
