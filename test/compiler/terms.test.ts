// Terms: they sum to their integer and are as few as possible; the closest integer with few terms is the closest.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closestWithTerms, maximumMagnitude, termCount, termsOf } from '../../compiler/terms.ts'

const sum = (value: number): number => termsOf(value).reduce((total, term) => total + term.value * 16 ** term.phase, 0)

/** Fewest terms of every integer up to `reach`, by breadth-first search over sums. */
function fewest(reach: number): Map<number, number> {
  const single: number[] = []
  for (let phase = 0; phase < 4; phase++) for (let v = -8; v <= 7; v++) if (v !== 0) single.push(v * 16 ** phase)
  const found = new Map([[0, 0]])
  let frontier = [0]
  for (let count = 1; count <= 4; count++) {
    const next: number[] = []
    for (const from of frontier)
      for (const term of single) {
        const to = from + term
        if (Math.abs(to) > 2 * 16 ** 3 || found.has(to)) continue
        found.set(to, count)
        next.push(to)
      }
    frontier = next
  }
  return new Map([...found].filter(([value]) => Math.abs(value) <= reach))
}

describe('terms', () => {
  test('sum to their integer, values are −8..7 and never 0', () => {
    fc.assert(
      fc.property(fc.integer({ min: -maximumMagnitude, max: maximumMagnitude }), (value) => {
        expect(sum(value)).toBe(value)
        for (const term of termsOf(value)) {
          expect(term.value).toBeGreaterThanOrEqual(-8)
          expect(term.value).toBeLessThanOrEqual(7)
          expect(term.value).not.toBe(0)
        }
        expect(termsOf(value).length).toBe(termCount(value))
      }),
    )
  })

  test('are as few as an exhaustive search finds, for every integer up to 2,048', () => {
    const least = fewest(2048)
    const differing = [...least].filter(([value, count]) => termsOf(value).length !== count)
    expect(least.size).toBe(4097)
    expect(differing).toEqual([])
  })

  test('of −8..7 are one, of −136..119 at most two in two phases', () => {
    for (let value = -136; value <= 119; value++) {
      const terms = termsOf(value)
      expect(terms.length).toBeLessThanOrEqual(value >= -8 && value <= 7 ? 1 : 2)
      expect(terms.every((term) => term.phase <= 1)).toBe(true)
    }
  })

  test('of 120..127 and −143..−137 are three, still in two phases', () => {
    for (const value of [120, 121, 127, -137, -138, -143]) {
      expect(termsOf(value).length).toBe(3)
      expect(Math.max(...termsOf(value).map((term) => term.phase))).toBe(1)
    }
    expect(termsOf(120)).toEqual([
      { value: 7, phase: 1 },
      { value: 1, phase: 1 },
      { value: -8, phase: 0 },
    ])
    expect(termsOf(-144)).toEqual([
      { value: -8, phase: 1 },
      { value: -1, phase: 1 },
    ])
  })

  test('refuse numbers that are not integers or too large', () => {
    for (const value of [0.5, Number.NaN, maximumMagnitude + 1]) expect(() => termsOf(value)).toThrow(RangeError)
  })
})

describe('the closest integer with few terms', () => {
  test.each([1, 2, 3])('of at most %i terms: none is nearer', (maxTerms) => {
    fc.assert(
      fc.property(fc.double({ min: -1911, max: 1911, noNaN: true }), (value) => {
        const found = closestWithTerms(value, maxTerms)
        expect(termCount(found)).toBeLessThanOrEqual(maxTerms)
        const distance = Math.abs(found - value)
        for (let other = Math.ceil(value - distance + 1e-9); other < value + distance - 1e-9; other++)
          expect(termCount(other)).toBeGreaterThan(maxTerms)
      }),
      { numRuns: 200 },
    )
  })

  test('keeps an integer that has few terms', () => {
    for (const value of [0, 7, -8, 37, 112, -136, 119]) expect(closestWithTerms(value, 2)).toBe(value)
  })
})
