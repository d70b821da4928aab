// Names of classes: from a file with a line for each, or from a model's metadata.

import { DlpError } from '../../base/error.ts'
import { mostClasses, mostClassNameLength, scoresOf } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import { readFile } from '../files/read-file.ts'

/** Metadata that may hold names, in order of precedence; Ultralytics writes `names`. */
const keys = ['names', 'classes', 'labels']

const mostBytes = 2 ** 24
const allowed = `up to ${mostClasses} lines of up to ${mostClassNameLength} characters`

/** The lines of a file; an empty last one does not count. @throws DlpError for more or longer lines than a program can hold */
export async function classesFrom(path: string): Promise<readonly string[]> {
  const text = Buffer.from(await readFile(path, mostBytes)).toString('utf8')
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
  if (text === '') throw new DlpError({ what: 'is empty', where: path, allowed })
  if (!areNames(lines))
    throw new DlpError({
      what: `${lines.length} lines, the longest of ${longest(lines)} characters`,
      where: path,
      allowed,
    })
  return lines
}

/** The names of a program's scores: a file's, where one is given, else its own. @throws DlpError where a file has not one name for each score */
export async function classesFor(program: Program, path: string | undefined): Promise<readonly string[] | undefined> {
  if (path === undefined) return program.classes
  const found = await classesFrom(path)
  const scores = scoresOf(program)
  if (found.length !== scores)
    throw new DlpError({
      what: `${found.length} class names`,
      where: path,
      allowed: `${scores}, one for each score of the output`,
    })
  return found
}

/** Whether a model's metadata have an entry for class names. */
export const mentionsClasses = (metadata: ReadonlyMap<string, string>): boolean => keys.some((key) => metadata.has(key))

/**
 * The names in a model's metadata, one for each score: a JSON list, a JSON object or a Python dictionary with numbers from 0 on (as Ultralytics writes it),
 * a Python list, or lines. Undefined where there are none, or not as many as scores.
 */
export function classesOf(metadata: ReadonlyMap<string, string>, scores: number): readonly string[] | undefined {
  for (const key of keys) {
    const text = metadata.get(key)
    if (text === undefined || text.length > mostBytes) continue
    const found = namesIn(text.trim())
    if (found !== undefined && found.length === scores && areNames(found)) return found
  }
  return undefined
}

function namesIn(text: string): readonly string[] | undefined {
  if (!/^[[{(]/.test(text)) return text.split(/\r?\n/).map((line) => line.trim())
  return text.startsWith('{') ? entriesIn(text) : listIn(text)
}

/** A string of JSON or Python. */
const quoted = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`

/** `{0: 'cat', 1: 'dog'}` or `{"0": "cat"}`, numbers from 0 on in any order. */
function entriesIn(text: string): readonly string[] | undefined {
  const names: string[] = []
  const entry = new RegExp(String.raw`\s*(?:(\d{1,6})|"(\d{1,6})"|'(\d{1,6})')\s*:\s*(${quoted})\s*(,|\}$)`, 'sy')
  let count = 0
  entry.lastIndex = 1
  for (let found = entry.exec(text); found !== null; found = entry.exec(text)) {
    const number = Number(found[1] ?? found[2] ?? found[3])
    if (number >= mostClasses || names[number] !== undefined) return undefined
    names[number] = unquoted(found[4]!)
    count++
    if (found[5] !== ',') return names.length === count ? names : undefined
  }
  return undefined
}

/** `['cat', "dog"]`. */
function listIn(text: string): readonly string[] | undefined {
  const names: string[] = []
  const entry = new RegExp(String.raw`\s*(${quoted})\s*(,\s*[\])]$|,|[\])]$)`, 'sy')
  entry.lastIndex = 1
  for (let found = entry.exec(text); found !== null; found = entry.exec(text)) {
    names.push(unquoted(found[1]!))
    if (found[2] !== ',') return names
  }
  return undefined
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** A string without its quotes, its escapes resolved. */
const unquoted = (text: string): string =>
  text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, u?: string, x?: string, one?: string) =>
      one === undefined ? String.fromCharCode(parseInt(u ?? x ?? '', 16)) : (escapes[one] ?? one),
    )

const longest = (names: readonly string[]): number => names.reduce((most, { length }) => Math.max(most, length), 0)

const areNames = (names: readonly string[]): boolean =>
  names.length >= 1 &&
  names.length <= mostClasses &&
  longest(names) <= mostClassNameLength &&
  names.every((name) => !/\p{Cs}/u.test(name))
