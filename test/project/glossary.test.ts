// The project keeps to its glossary: one name for one type, and no word that the glossary replaces by another.

import { expect, describe, test } from 'vitest'
import { handwrittenTypeScript, projectFiles, textOf } from '../support/source-files.ts'

const glossary = textOf('GLOSSARY.md')

/** Words of the last table, lower case, in the order in which they stand there. */
const excluded = (glossary.split('## Words not to be used')[1] ?? '')
  .split('\n')
  .flatMap((line) => /^\| (?!word \||-)([^|]+) \|/.exec(line)?.[1]?.split(',') ?? [])
  .map((word) => word.trim().toLowerCase())

/** Names and words of a text, also as parts of names: `tellsWhere`, `tells_where` and `TELLS` all hold `tells`. */
function wordsOf(line: string): Set<string> {
  const names = line.match(/[A-Za-z]+/g) ?? []
  const parts = names.flatMap((name) => name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [])
  return new Set([...names, ...parts].map((word) => word.toLowerCase()))
}

/** Lines of a text with a word that is not to be used, as `path:line: word`. */
function found(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const words = wordsOf(line)
    return excluded.filter((word) => words.has(word)).map((word) => `${path}:${index + 1}: ${word}`)
  })
}

/** Files that people read and write; not data, not what other tools own. */
const isProse = (path: string): boolean =>
  /\.(ts|mjs|sv|cpp|h|md)$/.test(path) &&
  !/_pb\.ts$|^(GLOSSARY|CHANGELOG)\.md$|^test\/project\/glossary\.test\.ts$/.test(path)

describe('words', () => {
  test('that the glossary replaces occur nowhere', () => {
    expect(excluded.length).toBeGreaterThan(10)
    expect(
      projectFiles()
        .filter(isProse)
        .flatMap((path) => found(path, textOf(path))),
    ).toEqual([])
  })

  test.each(['it tells', 'tellsWhere()', 'TOLD_LIMIT', '`keptColumn`', 'bank.settled_q'])(
    'the rule itself finds %s',
    (text) => {
      expect(found('here', text)).toHaveLength(1)
    },
  )

  test.each(['a castellan', 'untold', 'wanton', 'beyonds', 'unsettling'])('the rule itself passes %s', (text) => {
    expect(found('here', text)).toEqual([])
  })
})

describe('exported types', () => {
  const declared = handwrittenTypeScript().flatMap((path) =>
    [...textOf(path).matchAll(/^export (?:declare |abstract |const )*(?:interface|type|class|enum) (\w+)/gm)].map(
      ([, name = '']) => ({
        name,
        path,
      }),
    ),
  )

  test('have names of their own', () => {
    const paths = new Map<string, string[]>()
    for (const { name, path } of declared) paths.set(name, [...(paths.get(name) ?? []), path])
    const shared = [...paths].filter(([, list]) => list.length > 1).map(([name, list]) => `${name}: ${list.join(', ')}`)
    expect(declared.length).toBeGreaterThan(300)
    expect(shared).toEqual([])
  })
})

test('the glossary defines each term once', () => {
  const [definitions = ''] = glossary.split('## Words not to be used')
  const terms = [...definitions.matchAll(/^\| (?!term \||-)([^|]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '))
  expect(terms.length).toBeGreaterThan(50)
  expect(terms.filter((term, index) => terms.indexOf(term) !== index)).toEqual([])
})

test('the glossary names files that exist', () => {
  const files = new Set(projectFiles())
  const named = [...glossary.matchAll(/`([\w./-]+\/[\w.-]+\.\w+)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(1)
  expect(named.filter((path) => !files.has(path))).toEqual([])
})
