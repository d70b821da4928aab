// Output of the command line: results to standard output, everything else to standard error. No text from a file reaches a terminal unescaped:
// the parts of a `PrintableText` are escaped already, and everything else is printed line by line, each escaped here.

import { visible } from '../base/visible.ts'

declare const isPrintable: unique symbol

/** Lines in which no name from a file can start a line, move the cursor or reverse the order of letters. */
export type PrintableText = string & { readonly [isPrintable]: never }

/** Lines, each escaped. */
export function printableLines(lines: readonly string[]): PrintableText {
  return lines.map(visible).join('\n') as PrintableText
}

/** Blocks of text with an empty line between them. */
export function paragraphs(...blocks: readonly PrintableText[]): PrintableText {
  return blocks.join('\n\n') as PrintableText
}

/** Stream of results: standard error while an output file is written to standard output. */
let results: 'stdout' | 'stderr' = 'stdout'

/** Sets the stream of results. */
export function resultsGoTo(stream: 'stdout' | 'stderr'): void {
  results = stream
}

/** Prints a result and a line end. */
export function print(text: PrintableText): void {
  process[results].write(`${text}\n`)
}

/** Prints a result of one line. */
export function printLine(line: string): void {
  print(printableLines([line]))
}

/** Prints what is not a result, such as warnings and errors, one on each line. */
export function printMessages(...lines: readonly string[]): void {
  process.stderr.write(`${printableLines(lines)}\n`)
}

/** Prints a warning: what a user should know but need not fix. */
export const warn = (text: string): void => printMessages(`dlp: warning: ${text}`)

/** Prints a note: what is being done, or was found besides the result. */
export const note = (text: string): void => printMessages(`dlp: ${text}`)

/** Prints one JSON object. */
export function printJson(value: object): void {
  // The only line ends of JSON text are those between its parts.
  print(printableLines(JSON.stringify(value, undefined, 2).split('\n')))
}
