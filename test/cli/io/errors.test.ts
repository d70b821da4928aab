// What goes wrong is one line and an exit code.

import { describe, expect, test } from 'vitest'
import { UsageError, failureOf } from '../../../cli/io/errors.ts'
import { DlpError } from '../../../isa/error.ts'

describe('a failure', () => {
  const complaint = new DlpError({ what: 'has 3 inputs', where: 'net.onnx', allowed: '1', help: 'export one' })

  test('that a user can mend is one line, exit code 1', () => {
    const text = 'dlp: net.onnx: has 3 inputs; allowed: 1 (export one)'
    expect(failureOf(complaint, false)).toEqual({ text, exitCode: 1 })
  })

  test('of usage points to the help, exit code 2', () => {
    const failure = failureOf(new UsageError('Unknown argument: x'), false)
    expect(failure).toEqual({ text: 'dlp: Unknown argument: x (see dlp --help)', exitCode: 2 })
  })

  test.each([[new TypeError('x is\n  not a function')], ['x is not a function']])(
    'that nobody foresaw (%s) says that it is a bug and how to report it',
    (error) => {
      const { text, exitCode } = failureOf(error, false)
      expect(text).toBe(
        'dlp: unexpected error, a bug of dlp: x is not a function; run again with --debug and report what it prints',
      )
      expect(exitCode).toBe(1)
    },
  )

  test('shows its stack only in debug', () => {
    expect(failureOf(complaint, true).text).toMatch(/\n\s+at /)
    expect(failureOf(complaint, false).text).not.toContain('\n')
  })
})
