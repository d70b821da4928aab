// Schemas of JSON values: each checks an untrusted value and returns it in canonical form.

import { DlpError } from '../../base/error.ts'
import { shorten, shownJson } from '../../base/json.ts'

/** Returns the value, typed and with its keys in the schema's order. @throws DlpError with where it does not fit and what is allowed. */
export type Schema<T> = (value: unknown, where: string) => T

/** A number between two others, both included. */
export const number =
  (low: number, high: number): Schema<number> =>
  (value, where) =>
    typeof value === 'number' && value >= low && value <= high
      ? value
      : refuse(value, where, `a number from ${low} to ${high}`)

/** A whole number between two others, both included. */
export const whole =
  (low: number, high: number): Schema<number> =>
  (value, where) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high
      ? (value as number)
      : refuse(value, where, `a whole number from ${low} to ${high}`)

export const truth: Schema<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : refuse(value, where, 'true or false')

/** A text that a terminal can print: no control characters, at most `longest` characters. */
export const text =
  (longest: number): Schema<string> =>
  (value, where) =>
    typeof value === 'string' && value.length <= longest && !/[\p{Cc}\p{Cs}]/u.test(value)
      ? value
      : refuse(value, where, `a text of at most ${longest} characters, none of them control characters`)

/** A text of at most `longest` characters from outside; its control characters are escaped where it is printed. */
export const rawText =
  (longest: number): Schema<string> =>
  (value, where) =>
    typeof value === 'string' && value.length <= longest && !/\p{Cs}/u.test(value)
      ? value
      : refuse(value, where, `a text of at most ${longest} characters`)

/** One of some words. */
export const word =
  <const W extends string>(...words: readonly W[]): Schema<W> =>
  (value, where) =>
    words.find((each) => each === value) ?? refuse(value, where, words.map((each) => `'${each}'`).join(' or '))

/** A list of so many elements. */
export const list =
  <T>(element: Schema<T>, fewest: number, most: number): Schema<T[]> =>
  (value, where) =>
    Array.isArray(value) && value.length >= fewest && value.length <= most
      ? Array.from(value, (each, index) => element(each, `${where}[${index}]`))
      : refuse(value, where, `a list of ${fewest} to ${most} elements`)

/** A list of fixed length, which is part of its type. */
export const pair = <T>(element: Schema<T>): Schema<[T, T]> => list(element, 2, 2) as Schema<[T, T]>
export const triple = <T>(element: Schema<T>): Schema<[T, T, T]> => list(element, 3, 3) as Schema<[T, T, T]>

/** A value that may be missing. */
export const optional =
  <T>(schema: Schema<T>): Schema<T | undefined> =>
  (value, where) =>
    value === undefined ? undefined : schema(value, where)

/** An object with these fields and no others. */
export const record =
  <T extends object>(fields: { readonly [K in keyof T]-?: Schema<T[K]> }): Schema<T> =>
  (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value, where, 'an object')
    const names = Object.keys(fields) as (keyof T & string)[]
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name))
    if (unknown !== undefined)
      throw new DlpError({ what: `unknown field '${shorten(unknown)}'`, where, allowed: names.join(', ') })
    const entries = names.flatMap((name) => {
      const own: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
      const checked = fields[name](own, `${where}.${name}`)
      return checked === undefined ? [] : [[name, checked] as const]
    })
    return Object.fromEntries(entries) as T
  }

function refuse(value: unknown, where: string, allowed: string): never {
  throw new DlpError({ what: `${shownJson(value)} found`, where, allowed })
}
