// Slots and assignments: unpacking undoes packing.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { random } from '../../../base/random.ts'
import { Matching } from '../../../compiler/matching/matching.ts'
import { problemLimits } from '../../../compiler/matching/problem.ts'
import { ReadTable } from '../../../compiler/matching/reads.ts'
import { bankOf, beatOf, columnOf, mostBanks, slotOf, assignmentOf } from '../../../compiler/matching/slots.ts'

const bank = fc.nat({ max: mostBanks - 1 })

test('slots unpack to their beat and bank, assignments to their column and bank', () => {
  fc.assert(
    fc.property(fc.nat({ max: problemLimits.operands - 1 }), bank, (beat, own) => {
      expect([beatOf(slotOf(beat, own)), bankOf(slotOf(beat, own))]).toEqual([beat, own])
    }),
  )
  fc.assert(
    fc.property(fc.nat({ max: problemLimits.columns - 1 }), bank, (column, own) => {
      expect([columnOf(assignmentOf(column, own)), bankOf(assignmentOf(column, own))]).toEqual([column, own])
    }),
  )
})

test('the absence of an assignment unpacks to no column', () => {
  expect(columnOf(-1)).toBe(-1)
})

test('a matching packs its assignments and counts its users as these functions do, although its loops do not call them', () => {
  const drawn = fc.record({
    seed: fc.integer(),
    banks: fc.constantFrom(1, 3, 16, 32),
    beats: fc.integer({ min: 1, max: 12 }),
  })
  fc.assert(
    fc.property(drawn, ({ seed, banks, beats }) => {
      const uniform = random(seed)
      const columns = 2 * banks
      const [rows, below] = [4, (end: number) => Math.floor(uniform() * end)]
      const reads = new ReadTable(columns, beats, new Int32Array(columns).fill(2))
      for (let beat = 0; beat < beats; beat++)
        for (let own = 0; own < banks; own++) if (uniform() < 0.7) reads.replace(slotOf(beat, own), below(columns))
      const matching = new Matching(rows, reads, beats)
      const matched = new Int32Array(rows)
      for (let step = 0; step < 4 * beats; step++) {
        const row = below(rows)
        if (matching.augment(row, below(columns))) matched[row]!++
      }
      const users = new Int32Array(matching.users.length)
      for (let row = 0; row < rows; row++)
        for (let beat = 0; beat < beats; beat++) {
          const assignment = matching.assignments[row * matching.pitch + beat]!
          if (assignment < 0) continue
          matched[row]!--
          const slot = slotOf(beat, bankOf(assignment))
          expect(reads.column[slot]).toBe(columnOf(assignment))
          users[slot]!++
        }
      expect(matching.users).toEqual(users)
      expect(matched).toEqual(new Int32Array(rows))
    }),
  )
})
