// The contents of a program file, without running it.

import { readProgram, readSections } from '../../isa/container/read.ts'
import type { SectionEntry } from '../../isa/container/read.ts'
import { summarise } from '../../isa/container/summary.ts'
import type { ProgramSummary } from '../../isa/container/summary.ts'
import type { LayerRecord, Program } from '../../isa/program.ts'
import { readFile } from '../files/read-file.ts'

export interface Inspection
  extends
    Pick<Program, 'name' | 'machine' | 'versions' | 'entry' | 'weightsIn' | 'classes' | 'inputs' | 'outputs'>,
    ProgramSummary {
  /** of the file */
  readonly bytes: number
  readonly sections: readonly SectionEntry[]
  /** density: non-zero weights ÷ weights, 1 where there are none */
  readonly layers: readonly (LayerRecord & { readonly density: number })[]
}

/** Reads the program at `path`. @throws DlpError where it cannot be read or is damaged */
export async function inspectProgram(path: string): Promise<Inspection> {
  const bytes = await readFile(path, 2 ** 31)
  const program = readProgram(bytes, path)
  const { name, machine, versions, entry, weightsIn, classes, inputs, outputs, layers } = program
  return {
    name,
    machine,
    versions,
    bytes: bytes.length,
    sections: readSections(bytes, path),
    entry,
    weightsIn,
    ...(classes === undefined ? {} : { classes }),
    inputs,
    outputs,
    ...summarise(program),
    layers: layers.map((layer) => ({ ...layer, density: layer.weights === 0 ? 1 : layer.nonZeros / layer.weights })),
  }
}
