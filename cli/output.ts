// Where the command line's words go: results to standard output, everything else to standard error. Nothing that a file holds reaches
// a terminal as it is: `Block` is text whose parts have been made visible, and everything else is one line that is made so here.

import { visible } from '../base/visible.ts'

declare const isBlock: unique symbol

/** Lines in which no name out of a file can start a line, move the cursor or turn the order of letters. */
export type PrintableText = string & { readonly [isBlock]: never }

/** Lines as they are to be seen, each made visible. */
export function blockOf(lines: readonly string[]): PrintableText {
  return lines.map(visible).join('\n') as PrintableText
}

/** Blocks below each other, an empty line between. */
export function paragraphs(...blocks: readonly PrintableText[]): PrintableText {
  return blocks.join('\n\n') as PrintableText
}

/** Where results go: to standard error while an output file is written to standard output. */
let results: 'stdout' | 'stderr' = 'stdout'

/** Sends results to standard error, since standard output carries a file; or back. */
export function resultsGoTo(stream: 'stdout' | 'stderr'): void {
  results = stream
}

/** Prints a result, a line end after it. */
export function print(block: PrintableText): void {
  process[results].write(`${block}\n`)
}

/** Prints a result of one line. */
export function printLine(line: string): void {
  print(blockOf([line]))
}

/** Prints what is not a result: warnings and errors, a line each. */
export function remark(...lines: readonly string[]): void {
  process.stderr.write(`${blockOf(lines)}\n`)
}

/** Prints what a user should know but need not mend. */
export const warn = (text: string): void => remark(`dlp: warning: ${text}`)

/** Prints what is being done, or was found, beside the result. */
export const note = (text: string): void => remark(`dlp: ${text}`)

/** Prints one JSON object. */
export function printJson(value: object): void {
  // Of line ends JSON itself writes only those between its parts.
  print(blockOf(JSON.stringify(value, undefined, 2).split('\n')))
}
