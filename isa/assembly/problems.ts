// Collects the problems of a text and reports them all at once, each with its location, line and a caret.

import { DlpError } from '../../base/error.ts'
import { visible } from '../../base/visible.ts'

/** A range of the text: line and column count from 1. */
export interface SourceLocation {
  readonly line: number
  readonly column: number
  readonly length: number
}

/** Problems reported at once. */
export const mostProblems = 20
/** Characters of a line shown around the location. */
const shownColumns = 100

export class Problems {
  readonly #text: string
  readonly #file: string
  readonly #found: { readonly message: string; readonly location: SourceLocation }[] = []
  readonly #lines = new Set<number>()
  #more = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  /** Adds a problem; of one line only the first is reported. */
  add(message: string, location: SourceLocation): void {
    if (this.#lines.has(location.line)) return
    this.#lines.add(location.line)
    if (this.#found.length < mostProblems) this.#found.push({ message, location })
    else this.#more++
  }

  /** @throws DlpError with every problem so far, if there is one. */
  throwIfAny(): void {
    const sorted = this.#found.toSorted(
      (a, b) => a.location.line - b.location.line || a.location.column - b.location.column,
    )
    const [first] = sorted
    if (first === undefined) return
    const [, ...lines] = sorted.flatMap(({ message, location }) => [
      `${this.#where(location)}: ${visible(message)}`,
      ...this.#excerpt(location),
    ])
    const rest = this.#more === 0 ? [] : [`and ${this.#more} more`]
    throw new DlpError({ what: visible(first.message), where: this.#where(first.location), lines: [...lines, ...rest] })
  }

  #where({ line, column }: SourceLocation): string {
    return `${this.#file}:${line}:${column}`
  }

  /** The line, cut to a window around the location, and a caret under it. */
  #excerpt({ line, column, length }: SourceLocation): readonly string[] {
    const all = lineOf(this.#text, line)
    const from = column - 1 < shownColumns - 20 ? 0 : column - 1 - shownColumns / 2
    const shown = all.slice(from, from + shownColumns)
    const start = column - 1 - from
    const indent = ' '.repeat(excerptText(shown.slice(0, start)).length)
    const carets = '^'.repeat(Math.max(1, excerptText(shown.slice(start, start + length)).length))
    const gutter = String(line)
    return [`  ${gutter} | ${excerptText(shown)}`, `  ${' '.repeat(gutter.length)} | ${indent}${carets}`]
  }
}

/** Part of a line as it is printed: a tab takes one column, an invisible character as many as its escape, so that carets align. */
const excerptText = (part: string): string => visible(part.replaceAll('\t', ' '))

/** A line of a text, without its end. */
function lineOf(text: string, line: number): string {
  let from = 0
  for (let each = 1; each < line; each++) {
    const end = text.indexOf('\n', from)
    if (end < 0) return ''
    from = end + 1
  }
  const end = text.indexOf('\n', from)
  return text.slice(from, end < 0 ? text.length : end).replace(/\r$/, '')
}
