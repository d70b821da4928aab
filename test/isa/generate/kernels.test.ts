// What is checked in of the kernels is what the compiler makes of their source.
import { expect, test } from 'vitest'
import { kernelModule, kernelModulePath } from '../../../isa/generate/kernels.ts'
import { textOf } from '../../support/source-files.ts'

test('the compiled kernels are checked in as generated', () => {
  expect(textOf(kernelModulePath)).toBe(kernelModule())
})
