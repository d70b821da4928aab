// What is checked in of the kernels is what the compiler makes of their source.
import { expect, test } from 'vitest'
import { kernelFile } from '../../../tools/generate/kernels.ts'
import { textOf } from '../../support/source-files.ts'

test.each(['isa/semantics/kernels', 'compiler/kernels'])(
  'the compiled kernels of %s are checked in as generated',
  (folder) => {
    const { path, text } = kernelFile(folder)
    expect(textOf(path)).toBe(text)
  },
)
