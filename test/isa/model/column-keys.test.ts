// Column keys: page and id name the same column as slot entry and tap, for any number of tap bits.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  columnKey,
  columnKeys,
  entryOfKey,
  idOfKey,
  idsPerPage,
  keyOfTap,
  pageCount,
  pageOfKey,
  tapOfKey,
} from '../../../isa/model/column-keys.ts'
import { columnIdBits, maxTapBits } from '../../../isa/model/formats.ts'

test('a key holds page and id, and entry and tap; the entry is that of the manual', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: pageCount - 1 }),
      fc.nat({ max: idsPerPage - 1 }),
      fc.nat({ max: maxTapBits }),
      (page, id, tapBits) => {
        const key = columnKey(page, id)
        expect([pageOfKey(key), idOfKey(key)]).toEqual([page, id])
        expect(entryOfKey(key, tapBits)).toBe(page * 2 ** (columnIdBits - tapBits) + (id >> tapBits))
        expect(tapOfKey(key, tapBits)).toBe(id % 2 ** tapBits)
        expect(keyOfTap(entryOfKey(key, tapBits), tapOfKey(key, tapBits), tapBits)).toBe(key)
        expect(key).toBeLessThan(columnKeys)
      },
    ),
  )
})
