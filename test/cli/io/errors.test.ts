// Every error gives one line and an exit code.

import { describe, expect, test } from 'vitest'
import { UsageError, failureOf } from '../../../cli/io/errors.ts'
import { DlpError } from '../../../base/error.ts'

describe('a failure', () => {
  const complaint = new DlpError({ what: 'has 3 inputs', where: 'net.onnx', allowed: '1', help: 'export one' })

  test('that a user can fix is one line, exit code 1', () => {
    const text = 'dlp: net.onnx: has 3 inputs; allowed: 1 (export one)'
    expect(failureOf(complaint, false)).toEqual({ lines: [text], exitCode: 1 })
  })

  test('of usage points to the help, exit code 2', () => {
    const failure = failureOf(new UsageError('Unknown argument: x'), false)
    expect(failure).toEqual({ lines: ['dlp: Unknown argument: x (see dlp --help)'], exitCode: 2 })
  })

  test.each([[new TypeError('x is\n  not a function')], ['x is not a function']])(
    'that is unexpected (%s) states that it is a bug and how to report it',
    (error) => {
      const { lines, exitCode } = failureOf(error, false)
      expect(lines).toEqual([
        'dlp: unexpected error, a bug of dlp: x is not a function; run it with --debug and report what it prints',
      ])
      expect(exitCode).toBe(1)
    },
  )

  test('shows its stack only in debug', () => {
    expect(failureOf(complaint, true).lines[1]).toMatch(/^\s+at /)
    expect(failureOf(complaint, false).lines).toHaveLength(1)
  })

  test('keeps the lines below its sentence; no other message has any', () => {
    const { lines } = failureOf(
      new DlpError({ what: 'is wrong\ndlp: all is well', where: 'x', lines: ['  1 | x'] }),
      true,
    )
    expect(lines.slice(0, 2)).toEqual(['dlp: x: is wrong\ndlp: all is well', '  1 | x'])
    expect(lines.slice(2).every((line) => /^\s+at /.test(line))).toBe(true)
  })
})
