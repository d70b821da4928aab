// The flags of a command line against those that there are: none unknown, none twice, none without its value.

import { didYouMean } from '../base/did-you-mean.ts'
import { UsageError } from './io/errors.ts'

/** What a command knows of its options, as yargs keeps it. */
export interface Options {
  readonly key: Readonly<Record<string, unknown>>
  readonly alias: Readonly<Record<string, readonly string[]>>
  readonly boolean: readonly string[]
  readonly array: readonly string[]
}

/** Options with a value that `--no-` turns off. */
const refusable = new Set(['cache'])
/** Options whose value may be empty: so is that of the environment, for none. */
const emptyable = new Set(['cache'])

interface Flag {
  /** as it was written */
  readonly text: string
  readonly name: string
  readonly isNegated: boolean
  /** undefined where none is attached */
  readonly value: string | undefined
}

/**
 * Checks what yargs lets pass: of a flag given twice it takes the last, of one that was cut off the empty text, of one that is true or false
 * whatever is not `true` as false.
 * @throws UsageError naming the flag, and the one that was meant
 */
export function checkFlags(words: readonly string[], options: Options): void {
  const last = words.indexOf('--')
  const own = last < 0 ? words : words.slice(0, last)
  const seen = new Map<string, string>()
  for (const [at, word] of own.entries()) {
    const flag = flagOf(word, options)
    if (flag === undefined) continue
    const { name, text } = flag
    const before = seen.get(name)
    if (before !== undefined && !options.array.includes(name))
      throw new UsageError(
        before === text ? `${text} is given twice` : `${before} and ${text}: only one of them can be`,
      )
    seen.set(name, text)
    if (options.boolean.includes(name) || flag.isNegated) {
      checkTruth(flag)
      continue
    }
    const value = flag.value ?? own[at + 1]
    if (value === undefined || (flag.value === undefined && isFlag(value)) || (value === '' && !emptyable.has(name)))
      throw new UsageError(`${text} takes a value`)
  }
}

/** @throws UsageError for a value that is none of a truth; a negated flag with a value is unknown to yargs */
function checkTruth({ text, value, isNegated }: Flag): void {
  if (value === undefined || isNegated || value === 'true' || value === 'false') return
  throw new UsageError(`${text}: '${value}' is neither true nor false`)
}

/** A word that is a flag, not a number below zero and not `-`, which stands for the standard input or output. */
const isFlag = (word: string): boolean => /^-[^\d.]/.test(word)

/** @throws UsageError where there is no such flag */
function flagOf(word: string, options: Options): Flag | undefined {
  if (!isFlag(word)) return undefined
  const equals = word.indexOf('=')
  const text = equals < 0 ? word : word.slice(0, equals)
  const value = equals < 0 ? undefined : word.slice(equals + 1)
  if (!word.startsWith('--')) return shortFlag(text, value, options)
  const name = kebab(text.slice(2))
  if (name.length > 1 && Object.hasOwn(options.key, name))
    return { text, name: nameOf(name, options), isNegated: false, value }
  const positive = name.replace(/^no-/, '')
  const mayNegate = options.boolean.includes(positive) || refusable.has(positive)
  if (positive !== name && mayNegate && Object.hasOwn(options.key, positive))
    return { text, name: nameOf(positive, options), isNegated: true, value }
  throw unknown(text, options)
}

/** `-o`, `-oVALUE` and `-o=VALUE`. */
function shortFlag(text: string, value: string | undefined, options: Options): Flag {
  const [, letter = '', rest = ''] = /^-(.)(.*)$/su.exec(text) ?? []
  const isLong = rest !== '' && Object.hasOwn(options.key, kebab(text.slice(1)))
  const name = nameOf(letter, options)
  if (isLong || name === letter || (rest !== '' && options.boolean.includes(name))) throw unknown(text, options)
  return { text: `-${letter}`, name, isNegated: false, value: rest === '' ? value : rest }
}

/** The option that a name or another name of it stands for. */
function nameOf(name: string, { alias }: Options): string {
  const canonical = Object.keys(alias).find((each) => each.length > 1 && alias[each]!.includes(name))
  return canonical ?? name
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function unknown(text: string, { key }: Options): UsageError {
  const names = Object.keys(key).filter((name) => name.length > 1 && kebab(name) === name)
  const name = text.replace(/^-+/, '')
  const advice = didYouMean(
    text,
    names.map((each) => `--${each}`),
  )
  return new UsageError(`Unknown argument: ${name}${advice === undefined ? '' : `; ${advice}`}`)
}
