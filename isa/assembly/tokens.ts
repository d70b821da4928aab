// The tokens of assembly text; a block of hex lines is one token, so that megabytes of constants cost one token.

import type { CustomPatternMatcherReturn } from 'chevrotain'
import { createToken, Lexer } from 'chevrotain'

const bytesMode = 'bytes'
const statementMode = 'statements'

const blank = createToken({ name: 'Blank', pattern: /[ \t\r]+/, group: Lexer.SKIPPED })
const comment = createToken({ name: 'Comment', pattern: /;[^\n]*/, group: Lexer.SKIPPED })
export const newLine = createToken({ name: 'NewLine', label: 'end of line', pattern: /\n/, line_breaks: true })

export const name = createToken({ name: 'Name', label: 'a name', pattern: /[A-Za-z_]\w*/ })
export const integer = createToken({
  name: 'Integer',
  label: 'a whole number',
  pattern: /(?:0[xX][0-9A-Fa-f]+|0[bB][01]+|\d+)(?!\w)/,
})
export const text = createToken({ name: 'Text', label: 'a text in quotes', pattern: /"(?:[^"\\\n]|\\[^\n])*"/ })

const sign = (label: string, pattern: RegExp) => createToken({ name: label, label: `'${label}'`, pattern })
export const equals = sign('=', /=/)
export const comma = sign(',', /,/)
export const colon = sign(':', /:/)
export const shiftLeft = sign('<<', /<</)
export const plus = sign('+', /\+/)
export const minus = sign('-', /-/)
export const times = sign('*', /\*/)
export const open = sign('(', /\(/)
export const close = sign(')', /\)/)

export const programDirective = sign('.program', /\.program\b/)
export const machineDirective = sign('.machine', /\.machine\b/)
export const isaDirective = sign('.isa', /\.isa\b/)
export const timingDirective = sign('.timing', /\.timing\b/)
export const weightsDirective = sign('.weights', /\.weights\b/)
export const scratchDirective = sign('.scratch', /\.scratch\b/)
export const classDirective = sign('.class', /\.class\b/)
export const constDirective = sign('.const', /\.const\b/)
export const wordDirective = sign('.word', /\.word\b/)
export const unknownDirective = createToken({ name: 'Directive', label: 'a directive', pattern: /\.\w*/ })

/** A directive whose operand is JSON to the end of the line. */
const json = (directive: string) =>
  createToken({
    name: `${directive} {…}`,
    label: `'${directive} {…}'`,
    pattern: new RegExp(`\\${directive}[ \\t]*\\{[^\\n]*`),
  })
export const machineJson = json('.machine')
export const inputJson = json('.input')
export const outputJson = json('.output')
export const layerJson = json('.layer')

export const constantsDirective = createToken({
  name: '.constants',
  label: "'.constants'",
  pattern: /\.constants\b/,
  push_mode: bytesMode,
})
export const hexBlock = createToken({
  name: 'Hex',
  label: 'bytes in hex',
  pattern: matchHexBlock,
  line_breaks: true,
  start_chars_hint: Array.from('0123456789abcdefABCDEF'),
})
export const zeroDirective = createToken({ name: '.zero', label: "'.zero <bytes>'", pattern: /\.zero[ \t]+\d+(?!\w)/ })
export const endDirective = createToken({ name: '.end', label: "'.end'", pattern: /\.end\b/, pop_mode: true })
export const noBytes = createToken({ name: 'NoBytes', label: 'something else', pattern: /[!-:<-~]+/ })

const statementTokens = [
  blank,
  comment,
  newLine,
  machineJson,
  inputJson,
  outputJson,
  layerJson,
  programDirective,
  machineDirective,
  isaDirective,
  timingDirective,
  weightsDirective,
  scratchDirective,
  classDirective,
  constDirective,
  wordDirective,
  constantsDirective,
  unknownDirective,
  name,
  integer,
  text,
  equals,
  comma,
  colon,
  shiftLeft,
  plus,
  minus,
  times,
  open,
  close,
]
const bytesTokens = [blank, comment, newLine, hexBlock, zeroDirective, endDirective, noBytes]

/** Directives as they are written. */
export const directives = [
  '.program',
  '.machine',
  '.isa',
  '.timing',
  '.weights',
  '.scratch',
  '.class',
  '.const',
  '.word',
  '.input',
  '.output',
  '.layer',
  '.constants',
]

export const vocabulary = [...new Set([...statementTokens, ...bytesTokens])]

export const lexer = new Lexer(
  { modes: { [statementMode]: statementTokens, [bytesMode]: bytesTokens }, defaultMode: statementMode },
  {
    ensureOptimizations: true,
    lineTerminatorsPattern: /\n/g,
    lineTerminatorCharacters: ['\n'],
    errorMessageProvider: {
      buildUnexpectedCharactersMessage: (all, offset, length) =>
        `unexpected '${all.slice(offset, offset + Math.min(length, 20))}'`,
      buildUnableToPopLexerModeMessage: () => 'nothing to end',
    },
  },
)

const isHex = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
const isSpace = (code: number): boolean => code === 10 || code === 13 || code === 32 || code === 9

/** Hex digits and the blanks and line ends between them; what follows the digits must be blank, a comment or the end. */
function matchHexBlock(all: string, from: number): CustomPatternMatcherReturn | null {
  let end = from
  let at = from
  for (;;) {
    while (at < all.length && isHex(all.charCodeAt(at))) at++
    if (at < all.length && !isSpace(all.charCodeAt(at)) && all[at] !== ';') break
    end = at
    while (at < all.length && isSpace(all.charCodeAt(at))) at++
    if (at >= all.length || !isHex(all.charCodeAt(at))) break
  }
  return end > from ? [all.slice(from, end)] : null
}
