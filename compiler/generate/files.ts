// Every generated file of the compiler: its path and its text.

import type { GeneratedFile } from '../../isa/generate/files.ts'
import { operatorPage } from './operator-page.ts'

/** All generated files, in a fixed order. */
export function generatedFiles(): GeneratedFile[] {
  return [{ path: 'compiler/OPERATORS.md', text: operatorPage() }]
}
