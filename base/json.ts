// JSON of unknown origin: read within bounds, and shortened for messages.

import { DlpError } from './error.ts'

/** Greatest depth of nested objects and lists; files of this project have at most six. */
const maximumDepth = 32

/**
 * The value of a text.
 * @param allowed what the text should have been, for the message
 * @throws DlpError unless it is JSON, nested at most 32 deep
 */
export function parseJson(text: string, where?: string, allowed?: string): unknown {
  if (isDeeper(text, maximumDepth))
    throw new DlpError({ what: `nests lists and objects more than ${maximumDepth} deep`, where, allowed })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DlpError({
      what: `is not JSON: ${error instanceof Error ? shorten(error.message, 120) : String(error)}`,
      where,
      allowed,
    })
  }
}

/** A value that was read, short enough for a message. */
export const shownJson = (value: unknown): string =>
  value === undefined ? 'nothing' : shorten(typeof value === 'number' ? String(value) : JSON.stringify(value))

/** A text for a message: printable, and at most `most` characters. */
export function shorten(found: string, most = 60): string {
  const printable = found.slice(0, most + 1).replace(/[\p{Cc}\p{Cs}]/gu, '?')
  return printable.length <= most ? printable : `${printable.slice(0, most - 3)}...`
}

/** Whether brackets outside of strings nest deeper than `most`; for text that is not JSON the result does not matter. */
function isDeeper(text: string, most: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (quoted) {
      if (character === backslash) at++
      else if (character === quote) quoted = false
    } else if (character === quote) quoted = true
    else if (character === openList || character === openObject) {
      if (++depth > most) return true
    } else if (character === closeList || character === closeObject) depth--
  }
  return false
}

const [quote, backslash, openList, closeList, openObject, closeObject] = Array.from('"\\[]{}', (each) =>
  each.charCodeAt(0),
)
