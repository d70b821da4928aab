// Parts: the laws of `end` and `keep` are those of a regular expression, and a shift counts for the beats before it in its part.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { flag } from '../../../isa/weights/beats.ts'
import { brokenPartLaw, leastPartBeats, partOfBeats, partsOf, shiftsBehind } from '../../../isa/weights/parts.ts'

const machine = machines.tiny
const serial: Machine = { ...machine, limits: { postInterval: 40 } }
const least = leastPartBeats(machine)
const { clusters } = machine

/** A beat's flags as a letter: one inside a part, one that ends and keeps, one that ends. */
const flagsOf: Readonly<Record<string, number>> = { g: 0, k: flag.end | flag.keep, e: flag.end }

/** Mostly parts of about the fewest beats, else any letters. */
const position = fc.oneof(
  fc
    .array(fc.tuple(fc.integer({ min: least - 2, max: least + 2 }), fc.constantFrom('k', 'k', 'k', 'e', '')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.map(([goesOn, end]) => 'g'.repeat(goesOn) + end).join('')),
  fc.stringMatching(/^[gke]{1,12}$/),
)

/** [beats × clusters] flags of a position behind `first` other beats, all of which end. */
const streamOf = (letters: string, first: number): Uint8Array =>
  Uint8Array.from(
    ['e'.repeat(first), letters]
      .join('')
      .split('')
      .flatMap((letter) => Array.from({ length: clusters }, () => flagsOf[letter]!)),
  )

test('parts keep the laws exactly where the letters match the expression, with partial sums and without', () => {
  const goesOn = `g{${least - 1},}`
  const sound = new RegExp(`^(${goesOn}k)*${goesOn}[ke]$`)
  const soundSerial = new RegExp(`^${goesOn}e$`)
  let kept = 0
  fc.assert(
    fc.property(position, fc.nat({ max: 3 }), (letters, first) => {
      const beats = letters.length
      const parts = partsOf(streamOf(letters, first), clusters, first, beats)
      expect(parts.map((part) => letters.slice(part.first, part.end))).toEqual(letters.match(/g*[ke]/g) ?? [])
      expect(parts.map(({ keeps }) => (keeps ? 'k' : 'e')).join('')).toBe(letters.replaceAll('g', ''))
      expect(brokenPartLaw(parts, beats, machine) === undefined).toBe(sound.test(letters))
      expect(brokenPartLaw(parts, beats, serial) === undefined).toBe(soundSerial.test(letters))
      if (sound.test(letters)) kept++
      const partOf = partOfBeats(parts, beats)
      for (let beat = 0; beat < beats; beat++)
        expect(partOf[beat]).toBe(letters.slice(0, beat).replaceAll('g', '').length)
    }),
    { numRuns: 300 },
  )
  expect(kept).toBeGreaterThan(10)
})

test('a beat is followed by the shifts of its own cluster in the rest of its part', () => {
  const beat = fc.tuple(fc.boolean(), fc.array(fc.boolean(), { minLength: clusters, maxLength: clusters }))
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 20 }), fc.nat({ max: 3 }), (drawn, skipped) => {
      const first = Math.min(skipped, drawn.length - 1)
      const beats = drawn.length - first
      const flags = drawn.flatMap(([ends, shifts]) =>
        shifts.map((each) => (ends ? flag.end : 0) | (each ? flag.shift : 0)),
      )
      const behind = shiftsBehind(flags, clusters, first, beats)
      for (let at = 0; at < beats; at++)
        for (let cluster = 0; cluster < clusters; cluster++) {
          const rest = drawn.slice(first + at)
          const own = rest.slice(1, 1 + rest.findIndex(([ends]) => ends) || rest.length)
          const count = own.filter(([, shifts]) => shifts[cluster]).length
          expect(behind[at * clusters + cluster]).toBe(count)
        }
    }),
  )
})
