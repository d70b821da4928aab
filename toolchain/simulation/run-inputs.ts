// The input codes of every run of a simulation, from files or seeds.

import type { InputData } from '../../host/images.ts'
import { inputCodes, seededInput } from '../../host/images.ts'
import { elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import { readImages, type Shape } from '../inputs/input-file.ts'
import { notesOnce, warnUnknown } from '../inputs/preprocessing.ts'
import { type OnWarning, ignoreWarning } from '../warning.ts'

/** The codes of a run's inputs, by tensor. */
export type Codes = Readonly<Record<string, ArrayLike<number>>>

/** Greatest number of images of a simulation. */
export const mostImages = 4096

export interface RunInputsOptions {
  /** the program's file, for messages */
  readonly program: string
  /** a file or folder; absent: seeded images */
  readonly input?: string
  readonly seed: number
  /** whole numbers are codes */
  readonly codes: boolean
  /** absent: as many as the input holds, or as one run takes */
  readonly images?: number
  readonly onWarning?: OnWarning
}

/**
 * The input codes of every run, by tensor.
 * @throws DlpError where the input cannot be read, holds too few images, or the last run would be incomplete
 */
export async function runInputs(program: Program, options: RunInputsOptions): Promise<Codes[]> {
  const perRun = imagesPerRun(program)
  const { input } = options
  const found = input === undefined ? undefined : await imagesIn(input, program, options)
  const count = options.images ?? found?.length ?? perRun
  checkRuns(program, count, options.program)
  if (input !== undefined && found !== undefined && found.length < count)
    throw new DlpError({ what: `holds ${found.length} images`, where: input, allowed: `${count} or more` })
  return Array.from({ length: count / perRun }, (_, run): Codes => {
    const image = ({ image: own = 0 }: TensorDescriptor): number => run * perRun + own
    const dataOf = (tensor: TensorDescriptor): InputData =>
      found?.[image(tensor)] ?? seededInput(tensor, options.seed + image(tensor))
    return Object.fromEntries(program.inputs.map((tensor) => [tensor.name, inputCodes(dataOf(tensor), tensor)]))
  })
}

/** @throws DlpError naming the program where the last run would be incomplete */
export function checkRuns(program: Program, images: number, where: string): void {
  const perRun = imagesPerRun(program)
  if (images % perRun === 0) return
  throw new DlpError({
    what: `${images} images for a program that takes ${perRun} a run`,
    where,
    allowed: `a multiple of ${perRun}`,
  })
}

async function imagesIn(
  path: string,
  { inputs }: Program,
  { program, codes, onWarning = ignoreWarning }: RunInputsOptions,
): Promise<InputData[]> {
  const ofImage = inputs.filter(({ image = 0 }) => image === 0)
  if (ofImage.length !== 1)
    throw new DlpError({ what: `has ${ofImage.length} inputs`, where: program, allowed: 'one, where --input is given' })
  const [tensor] = elements(ofImage, 1)
  const { shape, preprocessing, elementType, arrangement } = tensor
  const images = await readImages(path, shape as unknown as Shape, mostImages, codes || elementType !== undefined, {
    preprocessing,
    arrangement,
    onNote: notesOnce(onWarning),
  })
  // For a model that takes bytes the pixels are the codes.
  if (elementType === undefined && images.some(({ kind }) => kind === 'pixels'))
    warnUnknown(preprocessing, program, onWarning)
  return images.map((data) => ownCodes(data, tensor, path, codes))
}

/**
 * For a model that takes codes, whole numbers of a file are codes. Floats are refused, since they may be real values, unless --codes states that they are codes.
 * Codes out of range are refused when they are packed.
 */
function ownCodes(found: InputData, { elementType }: TensorDescriptor, path: string, codes: boolean): InputData {
  if (elementType === undefined || found.kind !== 'real') return found
  if (codes) return { ...found, kind: 'codes' }
  throw new DlpError({
    what: `holds floats, and the model takes ${elementType} codes`,
    where: path,
    allowed: `whole numbers as ${elementType}, or pictures if the codes are bytes`,
    help: 'save the codes in the type that the model takes, or give --codes if the floats are codes',
  })
}
