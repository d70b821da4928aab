// Slots and takes: what is packed comes apart again, and no two are alike.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../../compiler/matching/problem.ts'
import { bankOf, beatOf, columnOf, mostBanks, slotOf, takeOf } from '../../../compiler/matching/slots.ts'

const bank = fc.nat({ max: mostBanks - 1 })

test('slots give back their beat and bank, takes their column and bank', () => {
  fc.assert(
    fc.property(fc.nat({ max: limits.needs - 1 }), bank, (beat, own) => {
      expect([beatOf(slotOf(beat, own)), bankOf(slotOf(beat, own))]).toEqual([beat, own])
    }),
  )
  fc.assert(
    fc.property(fc.nat({ max: limits.columns - 1 }), bank, (column, own) => {
      expect([columnOf(takeOf(column, own)), bankOf(takeOf(column, own))]).toEqual([column, own])
    }),
  )
})

test('where nothing is taken there is no column', () => {
  expect(columnOf(-1)).toBe(-1)
})
