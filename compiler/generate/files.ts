// Every generated file of the compiler: its path and its text.

import type { GeneratedFile } from '../../isa/generate/files.ts'
import { kernelFile } from './kernels.ts'
import { operatorPage } from './operator-page.ts'

/** All generated files, in a fixed order. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  return [
    { path: 'compiler/OPERATORS.md', text: operatorPage() },
    await kernelFile('compiler/kernels/dense.as', 'compiler/kernels/generated/dense.ts'),
  ]
}
