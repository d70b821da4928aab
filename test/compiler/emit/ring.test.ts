// The ring, replayed as a queue: nothing is overwritten before it is read, and what is waited for is freed.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeRing } from '../../../compiler/emit/ring.ts'
import { machines, type Machine } from '../../../isa/machine.ts'
import { semaphoreBits } from '../../../isa/instructions.ts'

const withBeats = (weightBeats: number): Machine => ({ ...machines.tiny, weightBeats })

const groups = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 200, maxLength: 500 }),
)
const memory = fc.integer({ min: 60, max: 300 })

/** Group that each beat of the memory holds last, before each load: [groups][beats], −1 where none was. */
function* loads(beats: readonly number[], weightBeats: number): Generator<{ group: number; overwritten: number[] }> {
  const holder = new Int32Array(weightBeats).fill(-1)
  const { chunks } = placeRing(beats, withBeats(weightBeats))
  for (const [group, { beat }] of chunks.entries()) {
    const place = holder.subarray(beat, beat + beats[group]!)
    expect(place.length).toBe(beats[group])
    yield { group, overwritten: [...new Set(place)].filter((other) => other >= 0) }
    place.fill(group)
  }
}

describe('a ring', () => {
  test('overwrites no group that may still be unread, however slowly groups are read', () => {
    fc.assert(
      fc.property(groups, memory, (beats, weightBeats) => {
        const { chunks } = placeRing(beats, withBeats(weightBeats))
        let freed = 0
        for (const { group, overwritten } of loads(beats, weightBeats)) {
          freed += chunks[group]!.waits
          expect(overwritten.filter((other) => other >= freed)).toEqual([])
        }
      }),
      { numRuns: 200 },
    )
  })

  test('waits as often as groups say that they have been read, and only for groups before', () => {
    fc.assert(
      fc.property(groups, memory, (beats, weightBeats) => {
        const { chunks, freed } = placeRing(beats, withBeats(weightBeats))
        let waited = 0
        for (const [group, { waits }] of chunks.entries()) {
          expect(waits).toBeGreaterThanOrEqual(0)
          waited += waits
          expect(waited).toBeLessThanOrEqual(group)
        }
        expect(waited).toBe(freed)
      }),
    )
  })

  test('never has more groups read and not yet waited for than a semaphore counts', () => {
    fc.assert(
      fc.property(groups, memory, (beats, weightBeats) => {
        const { chunks, freed } = placeRing(beats, withBeats(weightBeats))
        let waited = 0
        for (const [group, { waits }] of chunks.entries()) {
          // A group can be read once it is loaded; the loads after it may not have begun.
          waited += waits
          expect(Math.min(freed, group + 1) - waited).toBeLessThan(2 ** semaphoreBits)
        }
      }),
    )
  })

  test('waits for nothing before it has gone round once, unless some hundred groups lie in it', () => {
    expect(placeRing([40, 40, 20, 10], withBeats(100))).toEqual({
      chunks: [
        { beat: 0, waits: 0 },
        { beat: 40, waits: 0 },
        { beat: 80, waits: 0 },
        { beat: 0, waits: 1 },
      ],
      freed: 1,
    })
    const { chunks, freed } = placeRing(new Array<number>(600).fill(1), withBeats(400))
    expect(freed).toBe(200)
    expect(chunks.findIndex(({ waits }) => waits > 0)).toBe(129)
  })

  test('refuses a group larger than the memory, by name', () => {
    expect(() => placeRing([10, 101], withBeats(100))).toThrow(/row group 1: a row group needs 101 beats/)
    expect(() => placeRing([10, 101], withBeats(100), () => "layer 'fc'")).toThrow(
      /^layer 'fc': a row group needs 101 beats/,
    )
  })
})
