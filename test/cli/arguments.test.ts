// Arguments from text to values.

import { expect, test } from 'vitest'
import { assignmentsOf, checkShare, numberOf, numbersOf } from '../../cli/arguments.ts'
import { UsageError } from '../../cli/io/errors.ts'

test('numbers are separated by commas', () => {
  expect(numbersOf('--mean', '0.485,0.456, .5')).toEqual([0.485, 0.456, 0.5])
  for (const text of ['', 'x', '1,,2', '1e999', 'NaN'])
    expect(() => numbersOf('--mean', text), text).toThrow(UsageError)
  expect(() => numberOf('--clock', 'fast')).toThrow("--clock: 'fast' is not a number")
})

test('an assignment’s name may hold an equals sign itself', () => {
  expect(assignmentsOf('--density-of', ['conv1=0.5', 'a=b=1'])).toEqual({ conv1: 0.5, 'a=b': 1 })
  for (const text of ['conv1', '=1', 'conv1=', 'conv1=x'])
    expect(() => assignmentsOf('--density-of', [text])).toThrow(UsageError)
  expect(Object.hasOwn(assignmentsOf('--density-of', ['__proto__=1']), '__proto__')).toBe(true)
})

test('a share is above 0 and at most 1', () => {
  expect(checkShare('--density', 1)).toBe(1)
  for (const share of [0, -0.1, 1.01, Number.NaN]) expect(() => checkShare('--density', share)).toThrow(UsageError)
})
