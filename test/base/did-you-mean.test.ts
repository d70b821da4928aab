// Misspelt names are recognised; words that resemble no name are not.

import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../base/did-you-mean.ts'

test.each([
  ['simulat', ['compile', 'simulate'], 'simulate'],
  ['TINY', ['tiny', 'edge', 'card'], 'tiny'],
  ['crad', ['tiny', 'edge', 'card'], 'card'],
  ['s16', ['s0', 's1', 's6'], 's1'],
  ['layer1.conv1', ['/layer1/layer1.conv1/Conv', '/layer2/layer2.conv1/Conv'], '/layer1/layer1.conv1/Conv'],
])("'%s' among %j is '%s'", (word, names, meant) => {
  expect(nearest(word, names)).toBe(meant)
  expect(didYouMean(word, names)).toBe(`did you mean '${meant}'?`)
})

test.each([
  ['x', ['tiny']],
  ['mainframe', ['tiny', 'edge', 'card']],
  ['Conv', ['/a/Conv', '/b/Conv']],
  ['', ['a']],
  ['a'.repeat(1e5), ['a'.repeat(1e5 - 1)]],
])('%.20s among %.40j is no name', (word, names) => {
  expect(nearest(word, names)).toBeUndefined()
})
