// What the command line says and returns when something goes wrong.

import { DlpError } from '../../isa/error.ts'

/** Exit codes of `dlp`. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/** Thrown for a command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Failure {
  /** What standard error gets. */
  readonly text: string
  readonly exitCode: number
}

/** One line for what a user can mend; anything else is a bug of dlp. `debug` adds the stack. */
export function failureOf(error: unknown, debug: boolean): Failure {
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : ''
  const message = oneLine(error instanceof Error ? error.message : String(error))
  if (error instanceof UsageError) {
    return { text: `dlp: ${message} (see dlp --help)${stack}`, exitCode: exitCodes.usage }
  }
  if (error instanceof DlpError) return { text: `dlp: ${message}${stack}`, exitCode: exitCodes.failed }
  const advice = debug ? 'please report it with the lines below' : 'run again with --debug and report what it prints'
  return { text: `dlp: unexpected error, a bug of dlp: ${message}; ${advice}${stack}`, exitCode: exitCodes.failed }
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
