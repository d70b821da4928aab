// Printed text: columns are aligned and numbers have units.

import { expect, test } from 'vitest'
import { byteSize, facts, percent, table, whole } from '../../../cli/print/table.ts'

test('a table aligns words left and numbers right, without trailing spaces', () => {
  const text = table(
    ['name', '>cycles'],
    [
      ['a', '7'],
      ['longer', '1,234,567'],
    ],
  )
  expect(text).toBe(['name       cycles', '──────  ─────────', 'a               7', 'longer  1,234,567'].join('\n'))
})

test('a table without rows still has its headings', () => {
  expect(table(['a', 'bc'], [])).toBe('a  bc\n─  ──')
})

test('facts align their values', () => {
  expect(
    facts([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('a     1\nlong  2')
})

test('numbers have separators and units', () => {
  expect([whole(1234567), percent(0.1234), byteSize(1023), byteSize(1536), byteSize(3 * 2 ** 40)]).toEqual([
    '1,234,567',
    '12.3 %',
    '1023 B',
    '1.5 KiB',
    '3072.0 GiB',
  ])
})
