// Error messages and exit codes of the command line.

import { DlpError, sentenceOf } from '../../base/error.ts'

/** Exit codes of `dlp`; after a signal it is 128 plus its number, as for every process. */
export const exitCodes = { done: 0, failed: 1, usage: 2, brokenPipe: 128 + 13 } as const

/** Thrown for a command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Failure {
  /** Lines for standard error. */
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** An error that a user can fix gives its sentence and the lines below it; any other error is a bug of dlp. `debug` adds the stack. */
export function failureOf(error: unknown, debug: boolean): Failure {
  const stack = debug && error instanceof Error ? framesOf(error) : []
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError) {
    return { lines: [`dlp: ${oneLine(message)} (see dlp --help)`, ...stack], exitCode: exitCodes.usage }
  }
  if (error instanceof DlpError) {
    const { lines = [] } = error.complaint
    return { lines: [`dlp: ${sentenceOf(error.complaint)}`, ...lines, ...stack], exitCode: exitCodes.failed }
  }
  const advice = debug ? 'please report it with the lines below' : 'run it with --debug and report what it prints'
  const text = `dlp: unexpected error, a bug of dlp: ${oneLine(message)}; ${advice}`
  return { lines: [text, ...stack], exitCode: exitCodes.failed }
}

/** The stack without its leading message. */
function framesOf({ name, message, stack = '' }: Error): string[] {
  const head = `${name}: ${message}`
  return (stack.startsWith(head) ? stack.slice(head.length) : stack).split('\n').filter((line) => /^\s+at /.test(line))
}

/** On one line, since messages of libraries may have several. */
function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
