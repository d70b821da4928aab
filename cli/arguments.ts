// Arguments shared by several subcommands, from text to values.

import { UsageError } from './io/errors.ts'

/** The option of class names, for every command that takes it. */
export const classesOption = {
  classes: {
    type: 'string',
    describe:
      'file of class names, one on each line, in the order of the scores; if not given, those of the model’s metadata or of the program',
  },
} as const

/** Numbers separated by commas. @throws UsageError naming the option. */
export function numbersOf(option: string, argument: string): number[] {
  return argument.split(',').map((text) => numberOf(option, text))
}

/** A number. @throws UsageError naming the option. */
export function numberOf(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${option}: '${text}' is not a number`)
  return value
}

/** `NAME=NUMBER` pairs; a name may hold `=` itself. @throws UsageError naming the option. */
export function assignmentsOf(option: string, pairs: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const split = pair.lastIndexOf('=')
      if (split < 1) throw new UsageError(`${option}: '${pair}' is not of the form NAME=NUMBER`)
      return [pair.slice(0, split), numberOf(option, pair.slice(split + 1))]
    }),
  )
}

/** Checks that a share is above 0 and at most 1. @throws UsageError naming the option. */
export function checkShare(option: string, value: number): number {
  if (!(value > 0 && value <= 1))
    throw new UsageError(`${option}: ${shown(value)} is not a share above 0 and at most 1`)
  return value
}

/** Checks that a value is a whole number within bounds. @throws UsageError naming the option. */
export function checkWhole(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UsageError(`${option}: ${shown(value)} is not a whole number from ${least} to ${most}`)
  return value
}

/** Checks that a value is a whole number of at least 1. @throws UsageError naming the option. */
export function checkCount(option: string, count: number): number {
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError(`${option}: ${shown(count)} is not a whole number of at least 1`)
  return count
}

/** A number for a message; the text of an argument that is not a number is not kept by yargs. */
const shown = (value: number): string => (Number.isNaN(value) ? 'the value' : String(value))
