// What is checked in of the kernels is what the compiler makes of their source, and its signatures are those of the module.
import { expect, test } from 'vitest'
import { wasmExports } from '../../../base/wasm.ts'
import { kernelBytes as kernelsOfCompiler } from '../../../compiler/kernels/generated/kernel-bytes.ts'
import { kernelBytes as kernelsOfSemantics } from '../../../isa/semantics/kernels/generated/kernel-bytes.ts'
import { kernelFile } from '../../../tools/generate/kernels.ts'
import { textOf } from '../../support/source-files.ts'

const folders = [
  ['isa/semantics/kernels', kernelsOfSemantics],
  ['compiler/kernels', kernelsOfCompiler],
] as const

test.each(folders)('the compiled kernels of %s are checked in as generated', (folder) => {
  const { path, text } = kernelFile(folder)
  expect(textOf(path)).toBe(text)
})

test.each(folders)('the signatures of %s name what the module exports, with as many parameters', (folder, bytes) => {
  const text = textOf(`${folder}/generated/kernel-bytes.ts`)
  const signatures = [...text.matchAll(/^ {2}(\w+)\((.*)\): \w+$/gm)].map(([, name, parameters]) => [
    name,
    parameters!.split(',').length,
  ])
  const { memory, ...functions } = wasmExports(bytes) as Record<string, unknown>
  expect(memory).toBeDefined()
  const exported = Object.entries(functions).map(([name, made]) => [name, (made as () => void).length])
  expect(Object.fromEntries(signatures)).toEqual(Object.fromEntries(exported))
})
