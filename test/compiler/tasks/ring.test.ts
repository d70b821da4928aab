// Places in the ring of streamed weights.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeRing } from '../../../compiler/tasks/ring.ts'

const groups = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 })
const length = fc.integer({ min: 60, max: 300 })

test('row groups follow one another, from the front again where one does not fit before the end', () => {
  fc.assert(
    fc.property(groups, length, (beats, ring) => {
      let next = 0
      for (const [group, beat] of placeRing(beats, ring).entries()) {
        expect([next, 0]).toContain(beat)
        if (beat !== next) expect(next + beats[group]!).toBeGreaterThan(ring)
        next = beat + beats[group]!
        expect(next).toBeLessThanOrEqual(ring)
      }
    }),
  )
})
