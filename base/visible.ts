// Text from files, safe to print on a terminal: characters that would move the cursor, colour a line or reverse its order are escaped.

/** Control characters, marks that reverse the order of letters, line separators, the byte order mark, and halves of surrogate pairs. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\p{Cs}]/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }

/** The text on one line, each unsafe character escaped as in JSON: JSON text stays the same JSON. */
export function visible(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escaped(character))
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
