// Exactly the characters that act on a terminal are escaped.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visible } from '../../base/visible.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const hostile = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\t', '\x1b', '\x7f', '\x9b', '\u202e', '\u2066', '\u200f', '\u2028', '\ud800'), maxLength: 20 }) // prettier-ignore

describe('visible text', () => {
  test('holds no control character, line end or mark of direction', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u)
      }),
    )
  })

  test('of JSON is the same JSON', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        expect(JSON.parse(visible(JSON.stringify({ [text]: text })))).toEqual({ [text]: text })
      }),
    )
  })

  test('leaves the letters of every language as they are', () => {
    expect(visible('Größe שלום 层 👩‍👩‍👧 "\\"')).toBe('Größe שלום 层 👩‍👩‍👧 "\\"')
    expect(visible('a\n\x1b[2J\u202e')).toBe('a\\n\\u001b[2J\\u202e')
  })
})
