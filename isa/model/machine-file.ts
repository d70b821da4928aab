// A user's own machine: read from JSON field by field, and checked against the laws.
import { DlpError } from '../../base/error.ts'
import { parseJson, shorten, shownJson } from '../../base/json.ts'
import { machines, namedMachine, noImplementationLimits, type ImplementationLimits, type Machine } from './machine.ts'
import { checkMachine, nearestMachine } from './machine-laws.ts'

/**
 * Reads a machine from JSON text: an object with every field of `Machine`, or `{"base": "edge", …}` to change a named one;
 * fields that the file leaves out take the nearest values that keep the laws.
 * @throws DlpError naming the field that is missing, unknown or of the wrong type, or the laws broken.
 */
export function parseMachine(text: string, where: string): Machine {
  const value = parseObject(text, where)
  const { base, limits, ...own } = value
  const start =
    base === undefined ? {} : namedMachine(typeof base === 'string' ? shorten(base) : shownJson(base), where)
  const merged: Record<string, unknown> = { ...start, ...own }
  const expected: Machine = machines.tiny
  for (const key of Object.keys(merged)) {
    if (!Object.hasOwn(expected, key))
      throw new DlpError({ what: `unknown field '${shorten(key)}'`, where, allowed: Object.keys(expected).join(', ') })
  }
  const ordered: Record<string, unknown> = {}
  for (const [key, example] of Object.entries(expected)) {
    const found = merged[key]
    const fits = typeof found === typeof example && (typeof found !== 'number' || Number.isInteger(found))
    if (!fits)
      throw new DlpError({
        what: Object.hasOwn(merged, key) ? `field '${key}' is ${shownJson(found)}` : `field '${key}' is missing`,
        where,
        allowed: kindOf(example),
        ...(base === undefined && !Object.hasOwn(merged, key)
          ? { help: `"base": "edge" takes what the file leaves out from a named machine` }
          : {}),
      })
    ordered[key] = found
  }
  if (limits !== undefined) ordered['limits'] = parseLimits(limits, where)
  const name = String(ordered['name'])
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name))
    throw new DlpError({
      what: `name '${shorten(name)}'`,
      where,
      allowed: 'a letter, then up to 31 letters, digits, - or _',
    })
  const machine = ordered as unknown as Machine
  // Fields that the file leaves out may change to keep the laws.
  const mayFollow = (change: object): boolean => Object.keys(change).every((key) => !Object.hasOwn(value, key))
  return checkMachine(base === undefined ? machine : nearestMachine(machine, mayFollow), where)
}

/** `limits`: some of the fields of `ImplementationLimits`. */
function parseLimits(value: unknown, where: string): Partial<ImplementationLimits> {
  const isObject = (each: unknown): each is Record<string, unknown> =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
  const refuse = (what: string, allowed: string): DlpError => new DlpError({ what, where, allowed })
  if (!isObject(value)) throw refuse("field 'limits' is no object", Object.keys(noImplementationLimits).join(', '))
  for (const [key, found] of Object.entries(value)) {
    const example: unknown = Object.hasOwn(noImplementationLimits, key)
      ? noImplementationLimits[key as keyof ImplementationLimits]
      : undefined
    if (example === undefined)
      throw refuse(`unknown field 'limits.${shorten(key)}'`, Object.keys(noImplementationLimits).join(', '))
    const fits = isObject(example)
      ? isObject(found) && Object.values(found).every((bits) => Number.isInteger(bits))
      : typeof found === typeof example && (typeof found !== 'number' || Number.isInteger(found))
    if (!fits)
      throw refuse(
        `field 'limits.${key}' is ${shownJson(found)}`,
        isObject(example) ? 'an object of whole numbers by name' : kindOf(example),
      )
  }
  return value
}

const kindOf = (example: unknown): string =>
  typeof example === 'number' ? 'a whole number' : typeof example === 'boolean' ? 'true or false' : 'a string'

function parseObject(text: string, where: string): Record<string, unknown> {
  const value = parseJson(text, where, 'one JSON object with the fields of a machine')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DlpError({ what: 'not an object', where, allowed: 'one JSON object with the fields of a machine' })
  }
  return value as Record<string, unknown>
}
