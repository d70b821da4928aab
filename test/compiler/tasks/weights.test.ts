// Locations of weights in the ring of streamed weights.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeRing } from '../../../compiler/tasks/weights.ts'

const groups = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 })
const length = fc.integer({ min: 60, max: 300 })

const most = fc.integer({ min: 1, max: 60 })

test('row groups follow one another; the ring wraps where one does not fit before the end, or where the round is full', () => {
  fc.assert(
    fc.property(groups, length, most, (beats, ring, full) => {
      let [next, inRound] = [0, 0]
      for (const [group, beat] of placeRing(beats, ring, full).entries()) {
        expect([next, 0]).toContain(beat)
        if (beat !== next) expect(next + beats[group]! > ring || inRound === full).toBe(true)
        inRound = beat === 0 ? 1 : inRound + 1
        expect(inRound).toBeLessThanOrEqual(full)
        next = beat + beats[group]!
        expect(next).toBeLessThanOrEqual(ring)
      }
    }),
  )
})

test('before the first waiting load has issued, no more COMPUTEs signal than a round has row groups and loads are dispatched', () => {
  const depth = fc.integer({ min: 0, max: 8 })
  fc.assert(
    fc.property(groups, length, most, depth, (beats, ring, full, dispatched) => {
      const locations = placeRing(beats, ring, full)
      // Each load comes as late as possible, right before its COMPUTE. It waits for the latest COMPUTE that read what it overwrites, unless an earlier load did.
      let waited = -1
      const waits = locations.flatMap((beat, group) => {
        const latest = locations.findLastIndex(
          (other, at) => at < group && other < beat + beats[group]! && beat < other + beats[at]!,
        )
        if (latest <= waited) return []
        waited = latest
        return [{ group, latest }]
      })
      waits.forEach(({ group }, issued) => {
        const signalled = waits.filter(({ latest }) => latest < group + dispatched).length
        expect(signalled - issued).toBeLessThanOrEqual(full + dispatched)
      })
    }),
  )
})
