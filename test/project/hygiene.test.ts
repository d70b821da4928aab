// Rules for every file of the project: nothing specific to one computer, a first sentence, no unchecked types.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handwrittenTypeScript, projectFiles, root, textOf } from '../support/source-files.ts'

const source = handwrittenTypeScript()

describe('every file', () => {
  // Put together from pieces, so that this file passes its own test.
  const machines = ['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me'].map((name) => `(?<![\\w.*}\\])/-])/${name}/`)
  const hosts = ['registry\\.[a-z0-9-]+\\.[a-z]', 'https?://[^/\\s"]*(?:registry|mirror|proxy|artifact)[^/\\s"]*/']
  const forbidden = new RegExp([...machines, ...hosts].join('|'), 'i')

  test('contains no registry host and no path of the computer on which it was written', () => {
    const named = projectFiles().flatMap((path) => {
      const bytes = readFileSync(join(root, path))
      if (bytes.subarray(0, 8192).includes(0)) return []
      const found = forbidden.exec(bytes.toString('utf8'))
      return found === null ? [] : [`${path}: ${found[0]}`]
    })
    expect(named).toEqual([])
  })

  test.each([
    ['a path', `cd ${['', 'wo' + 'rk', 'x'].join('/')}`],
    ['a path', `"${['', 'ro' + 'ot', '.cache'].join('/')}"`],
    ['a host', ['https:', '', 'registry' + '.example.org', 'sharp'].join('/')],
    ['a host', ['http:', '', 'npm-proxy.local', 'sharp'].join('/')],
  ])('the rule itself finds %s', (_, text) => {
    expect(text).toMatch(forbidden)
  })
})

test('the lock file does not state where packages came from', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Record<string, unknown>> }
  expect(Object.keys(packages).length).toBeGreaterThan(10)
  expect(Object.keys(packages).filter((path) => 'resolved' in (packages[path] ?? {}))).toEqual([])
})

test('the lock file has the packages of every platform, so that npm ci works on each', () => {
  type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> }
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Entry> }
  const paths = Object.keys(packages)
  const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const present = new Set(paths.map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
  expect(optional.length).toBeGreaterThan(10)
  expect(optional.filter((name) => !present.has(name))).toEqual([])
})

test('dependencies are pinned to one version', () => {
  const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>
  const pins = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] })
  expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

describe('every TypeScript file', () => {
  test('begins with a comment that states its content', () => {
    // A command's first line is its interpreter; the sentence follows.
    const withoutSentence = source.filter((path) => !/^(#![^\n]*\n)?(\/\/ \S|\/\*\* \S)/.test(textOf(path)))
    expect(withoutSentence).toEqual([])
  })

  test('neither silences the type checker nor casts to any', () => {
    const silenced = new RegExp(['\\bas any\\b', '<any>', '@ts-' + '(ignore|expect-error|nocheck)'].join('|'))
    const self = 'test/project/hygiene.test.ts'
    expect(source.filter((path) => path !== self && silenced.test(textOf(path)))).toEqual([])
  })

  test('of the toolchain uses the non-null assertion for elements alone: `list[index]!`', () => {
    const layers = source.filter((path) =>
      /^(base|isa|compiler|simulator|host|toolchain|cli|tools|examples)\//.test(path),
    )
    const asserted = layers.flatMap((path) => assertions(textOf(path)).map((line) => `${path}:${line}`))
    expect(asserted).toEqual([])
  })

  test.each(['map.get(key)!.size', 'return name!', 'f(found!, 1)', 'const x = { ...y! }'])(
    'that rule finds %s',
    (text) => {
      expect(assertions(text)).toEqual([1])
    },
  )

  test.each(['list[i]! + 1', 'a !== b', '// what then!', "'no! never'", '`it is ${list[0]!}!`', 'if (!(a || !b)) c()'])(
    'that rule passes %s',
    (text) => {
      expect(assertions(text)).toEqual([])
    },
  )

  test('of the toolchain draws random numbers only from a seed', () => {
    const layers = source.filter((path) => /^(isa|compiler|simulator|host|toolchain)\//.test(path))
    expect(layers.filter((path) => /\bMath\.random\b|\bDate\.now\b|\bnew Date\b/.test(textOf(path)))).toEqual([])
  })
})

/** Lines in which something else than an element is asserted to be there: `name!`, `call()!`; comments and texts are no code. */
function assertions(text: string): number[] {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*/g, '')
  return code.split('\n').flatMap((line, index) => (/[\w)]!(?=[.,;:)\]}\s]|$)/.test(line) ? [index + 1] : []))
}
