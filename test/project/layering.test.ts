// Imports point only upward: from the command line towards the ISA, never back.

import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handwrittenTypeScript, textOf } from '../support/source-files.ts'

/** For each layer, the layers that it may import besides itself; whatever is not listed here may import anything. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  isa: [],
  compiler: ['isa'],
  simulator: ['isa'],
  host: ['isa', 'simulator'],
  toolchain: ['isa', 'compiler', 'simulator', 'host'],
  cli: ['isa', 'compiler', 'simulator', 'host', 'toolchain'],
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

describe('layering', () => {
  const imports = handwrittenTypeScript().flatMap((path) => importsOf(path, textOf(path)))

  test('every import between layers points upward', () => {
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter(breaksLayering)).toEqual([])
  })

  test.each([
    ['simulator/machine.ts', "import { compile } from '../compiler/compile.ts'", true],
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
