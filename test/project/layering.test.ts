// Imports have one direction: from the command line towards the ISA, and in a fixed order within each layer; no files import one another in a cycle.

import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handwrittenTypeScript, textOf } from '../support/source-files.ts'

/** For each layer, the layers that it may import besides itself; folders that are not listed may import anything. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  isa: ['base'],
  compiler: ['base', 'isa'],
  simulator: ['base', 'isa'],
  host: ['base', 'isa', 'simulator'],
  toolchain: ['base', 'isa', 'compiler', 'simulator', 'host'],
  cli: ['base', 'isa', 'compiler', 'simulator', 'host', 'toolchain'],
}

/** The parts of a layer (folders and files), in an order in which each may import only those before it. */
const parts: Readonly<Record<string, readonly string[]>> = {
  isa: [
    ...[
      'instructions.ts',
      'instruction.ts',
      'status.ts',
      'numerics.ts',
      'timing.ts',
      'model/',
      'versions.ts',
      'registers.ts',
    ],
    ...[
      'validate.ts',
      'codec.ts',
      'semaphores.ts',
      'program.ts',
      'preprocessing.ts',
      'packing.ts',
      'weights/',
      'semantics/',
    ],
    ...['container/', 'assembly/', 'arbitraries/', 'arbitraries.ts', 'generate/'],
  ],
  compiler: [
    ...[
      'capacity.ts',
      'refusal.ts',
      'progress.ts',
      'kernels/',
      'graph/',
      'cache.ts',
      'calibration.ts',
      'code-types.ts',
      'terms.ts',
      'onnx/',
      'passes/',
    ],
    ...['matching/', 'quantize/', 'placement/', 'lower/', 'layout/', 'schedule/', 'tasks/', 'emit/'],
    ...[
      'fit.ts',
      'remedies.ts',
      'early-fit.ts',
      'update.ts',
      'backend.ts',
      'operator-list.ts',
      'explain.ts',
      'compile.ts',
    ],
  ],
  toolchain: [
    ...[
      'warning.ts',
      'files/',
      'models/',
      'inputs/',
      'cache/',
      'reports/',
      'compilation/',
      'simulation/',
      'evaluation/',
    ],
    'exports/',
  ],
  cli: [
    ...['version.ts', 'output.ts', 'io/', 'flags.ts', 'arguments.ts', 'preprocessing-flags.ts', 'print/', 'commands/'],
    ...['main.ts', 'dlp.ts'],
  ],
}

interface Import {
  readonly from: string
  readonly to: string
}

/** Every relative import, re-export and dynamic import of a literal in a source text, as project paths. */
function importsOf(path: string, text: string): readonly Import[] {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)
  return [...specifiers].map(([, to = '']) => ({ from: path, to: posix.join(posix.dirname(path), to) }))
}

function breaksLayering({ from, to }: Import): boolean {
  const layer = layerOf(from)
  const allowed = mayImport[layer]
  return allowed !== undefined && layerOf(to) !== layer && !allowed.includes(layerOf(to))
}

function layerOf(path: string): string {
  return path.split('/')[0] ?? ''
}

/** The part of a path: the folder or file directly below its layer. */
function partOf(path: string): string {
  const [, first = '', ...rest] = path.split('/')
  return rest.length === 0 ? first : `${first}/`
}

function breaksOrder({ from, to }: Import): boolean {
  const order = parts[layerOf(from)]
  if (order === undefined || layerOf(to) !== layerOf(from)) return false
  return order.indexOf(partOf(to)) > order.indexOf(partOf(from))
}

/** The first cycle of files that import one another, with the first file repeated at its end; undefined where there is none. */
function circleIn(imports: readonly Import[]): readonly string[] | undefined {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const target of targets.get(file) ?? []) {
      const circle = visit(target)
      if (circle !== undefined) return circle
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of targets.keys()) {
    const circle = visit(file)
    if (circle !== undefined) return circle
  }
  return undefined
}

describe('layering', () => {
  const imports = handwrittenTypeScript().flatMap((path) => importsOf(path, textOf(path)))

  test('every import between layers points upward', () => {
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter(breaksLayering)).toEqual([])
  })

  test.each(Object.keys(parts))('every import between parts of %s points to an earlier part', (layer) => {
    const paths = handwrittenTypeScript().filter((path) => layerOf(path) === layer)
    const found = new Set(paths.map(partOf))
    expect([...found].filter((part) => !parts[layer]!.includes(part))).toEqual([])
    expect(parts[layer]!.filter((part) => !found.has(part))).toEqual([])
    expect(imports.filter(({ from }) => layerOf(from) === layer).filter(breaksOrder)).toEqual([])
  })

  test('no files import one another in a cycle, type imports included', () => {
    expect(circleIn(imports.filter(({ from }) => mayImport[layerOf(from)] !== undefined))).toBeUndefined()
  })

  test.each([
    [
      [
        ['a.ts', 'b.ts'],
        ['b.ts', 'c.ts'],
      ],
      undefined,
    ],
    [
      [
        ['a.ts', 'b.ts'],
        ['b.ts', 'c.ts'],
        ['c.ts', 'b.ts'],
      ],
      ['b.ts', 'c.ts', 'b.ts'],
    ],
  ])('a circle itself: %o', (pairs, circle) => {
    expect(circleIn(pairs.map(([from = '', to = '']) => ({ from, to })))).toEqual(circle)
  })

  test('only the command prints; other code returns its messages to the caller', () => {
    const below = handwrittenTypeScript().filter(
      (path) => layerOf(path) !== 'cli' && mayImport[layerOf(path)] !== undefined,
    )
    expect(below.length).toBeGreaterThan(0)
    expect(below.filter((path) => /(?<![.#])\bprocess\.std(?:out|err)\b|\bconsole\./.test(textOf(path)))).toEqual([])
  })

  test.each([
    [{ from: 'compiler/lower/rows.ts', to: 'compiler/layout/place.ts' }, true],
    [{ from: 'compiler/layout/place.ts', to: 'compiler/lower/cut.ts' }, false],
    [{ from: 'compiler/layout/place.ts', to: 'compiler/layout/memory-plan.ts' }, false],
    [{ from: 'isa/model/machine.ts', to: 'isa/validate.ts' }, true],
    [{ from: 'toolchain/files/npy.ts', to: 'toolchain/inputs/input-file.ts' }, true],
    [{ from: 'isa/validate.ts', to: 'isa/model/machine.ts' }, false],
  ])('the rule of parts itself: %o', (each, broken) => {
    expect(breaksOrder(each)).toBe(broken)
  })

  test.each([
    ['simulator/machine.ts', "import { compile } from '../compiler/compile.ts'", true],
    ['base/error.ts', "import { machines } from '../isa/model/machine.ts'", true],
    ['isa/codec.ts', "export type { Trace } from '../simulator/trace.ts'", true],
    ['compiler/passes/fold.ts', "const cli = await import('../../cli/dlp.ts')", true],
    ['host/open.ts', "import { compile } from '../compiler/compile.ts'", true],
    ['toolchain/exports/dlp.ts', "import { main } from '../../cli/main.ts'", true],
    ['compiler/passes/fold.ts', "import { DlpError } from '../../base/error.ts'", false],
    ['cli/run.ts', "import '../host/open.ts'", false],
    ['test/isa/codec.test.ts', "import { compile } from '../../compiler/compile.ts'", false],
  ])('the rule itself: %s with %s', (path, text, broken) => {
    expect(importsOf(path, text).map(breaksLayering)).toEqual([broken])
  })
})
