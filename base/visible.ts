// Text out of files as a person may safely see it: what would move the cursor, colour a line or turn its order stands escaped.

/** Control characters, marks that turn the order of letters, line separators, the byte order mark, and halves of surrogate pairs. */
const unseen = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\p{Cs}]/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }

/** The text on one line, each unseen character as JSON escapes it: JSON text stays the same JSON. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => short[character] ?? escaped(character))
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
