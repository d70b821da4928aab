// Checks the flags of a command line: no unknown flag, none given twice, none without its value.

import { didYouMean } from '../base/did-you-mean.ts'
import { UsageError } from './io/errors.ts'

/** The options of a command, as yargs stores them. */
export interface Options {
  readonly key: Readonly<Record<string, unknown>>
  readonly alias: Readonly<Record<string, readonly string[]>>
  readonly boolean: readonly string[]
  readonly array: readonly string[]
}

/** Options with a value that `--no-` disables. */
const negatable = new Set(['cache'])
/** Options whose value may be empty; as in the environment, it means none. */
const emptyable = new Set(['cache'])

interface Flag {
  /** as it was written */
  readonly text: string
  readonly name: string
  readonly isNegated: boolean
  /** undefined where the flag has no `=` and no attached value */
  readonly value: string | undefined
}

/**
 * Checks what yargs accepts silently: a flag given twice (it uses the last), a flag without its value (it uses the empty text), and a boolean flag with any
 * value (it reads everything but `true` as false).
 * @throws UsageError naming the flag, and the one that was probably meant
 */
export function checkFlags(words: readonly string[], options: Options): void {
  const last = words.indexOf('--')
  const checked = last < 0 ? words : words.slice(0, last)
  const seen = new Map<string, string>()
  for (const [at, word] of checked.entries()) {
    const flag = flagOf(word, options)
    if (flag === undefined) continue
    const { name, text } = flag
    const before = seen.get(name)
    if (before !== undefined && !options.array.includes(name))
      throw new UsageError(
        before === text ? `${text} is given twice` : `${before} and ${text}: only one of them can be given`,
      )
    seen.set(name, text)
    if (options.boolean.includes(name) || flag.isNegated) {
      checkTruth(flag)
      continue
    }
    const value = flag.value ?? checked[at + 1]
    if (value === undefined || (flag.value === undefined && isFlag(value)) || (value === '' && !emptyable.has(name)))
      throw new UsageError(`${text} takes a value`)
  }
}

/** @throws UsageError for a value other than true and false; a negated flag with a value is refused by yargs itself */
function checkTruth({ text, value, isNegated }: Flag): void {
  if (value === undefined || isNegated || value === 'true' || value === 'false') return
  throw new UsageError(`${text}: '${value}' is neither true nor false`)
}

/** Whether a word is a flag; negative numbers, and `-` for standard input or output, are not. */
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
  const mayNegate = options.boolean.includes(positive) || negatable.has(positive)
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

/** The option of a name or alias. */
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
