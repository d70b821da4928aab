// The re-trained network compiled for `edge`, and the classes of pictures by its program.

import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { classify, openClassifier } from '../../toolchain/evaluation/classifier.ts'
import { isPicture } from '../../toolchain/inputs/input-file.ts'
import { preprocessingOf } from '../../toolchain/inputs/preprocessing.ts'
import { type Compilation, compileRead } from '../../compiler/compile.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import { classes } from './classes.ts'

/** Pictures that were drawn for this example. */
export const samples = fileURLToPath(new URL('samples', import.meta.url))

export interface ClassifiedPicture {
  readonly picture: string
  /** most likely classes, most likely first */
  readonly classes: readonly string[]
}

/** The network with 75 % zeros, as a program. */
export function compileTrained(): Compilation {
  const name = 'resnet8-75'
  const read = readOnnx(readFileSync(new URL(`${name}.onnx`, import.meta.url)), name)
  return compileRead(read, { name, machine: machines.edge, preprocessing: preprocessingOf({}, read.metadata) })
}

/**
 * Classifies every picture of a folder by the program, on the simulator.
 *
 * @throws DlpError if there is none, or one cannot be read
 */
export async function classifyPictures({ program }: Compilation, folder: string): Promise<ClassifiedPicture[]> {
  const names = (await readdir(folder).catch(() => [])).filter(isPicture).sort()
  if (names.length === 0)
    throw new DlpError({ where: folder, what: 'holds no picture', allowed: 'a folder with .png, .jpg, .jpeg or .webp' })
  const { preprocessing } = elementAt(program.inputs, 0)
  const classifier = openClassifier({ path: 'resnet8-75.dlp', bytes: writeProgram(program), preprocessing })
  const classified: ClassifiedPicture[] = []
  for (const picture of names) {
    const found = await classify(classifier, { preprocessing }, join(folder, picture))
    classified.push({ picture, classes: found.map((index) => classes[index]!) })
  }
  return classified
}
