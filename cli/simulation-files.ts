// What goes into and comes out of a simulation as files: images for every run, and one array of all images' outputs.

import type { InputData } from '../host/images.ts'
import { inputCodes, seededInput } from '../host/images.ts'
import { DlpError } from '../base/error.ts'
import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../isa/packing.ts'
import { imagesPerRun } from '../isa/program.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import type { TensorBytes } from '../simulator/simulate.ts'
import type { Shape } from './input-file.ts'
import type { NpyArray } from './io/npy.ts'
import { notesOnce, warnUnknown } from './preprocessing.ts'
import type { Codes } from './rtl-simulation.ts'

/** Images of a simulation at most. */
export const mostImages = 4096

export interface ImagesWanted {
  /** the program's file, for messages */
  readonly program: string
  /** a file or folder; absent: seeded images */
  readonly input?: string
  readonly seed: number
  /** whole numbers are codes */
  readonly codes: boolean
  /** absent: as many as the input holds, or one run's */
  readonly images?: number
}

/**
 * The input codes of every run, by tensor.
 * @throws DlpError where the input cannot be read, holds too few images, or they do not fill the last run
 */
export async function runInputs(program: Program, wanted: ImagesWanted): Promise<Codes[]> {
  const perRun = imagesPerRun(program)
  const found = wanted.input === undefined ? undefined : await imagesIn(wanted.input, program, wanted)
  const count = wanted.images ?? found?.length ?? perRun
  checkRuns(program, count, wanted.program)
  if (found !== undefined && found.length < count)
    throw new DlpError({ what: `holds ${found.length} images`, where: wanted.input!, allowed: `${count} or more` })
  return Array.from({ length: count / perRun }, (_, run): Codes => {
    const image = ({ image: own = 0 }: TensorDescriptor): number => run * perRun + own
    const dataOf = (tensor: TensorDescriptor): InputData =>
      found?.[image(tensor)] ?? seededInput(tensor, wanted.seed + image(tensor))
    return Object.fromEntries(program.inputs.map((tensor) => [tensor.name, inputCodes(dataOf(tensor), tensor)]))
  })
}

/** Refuses images that do not fill the last run. @throws DlpError naming the program */
export function checkRuns(program: Program, images: number, where: string): void {
  const perRun = imagesPerRun(program)
  if (images % perRun === 0) return
  throw new DlpError({
    what: `${images} images for a program that takes ${perRun} a run`,
    where,
    allowed: `a multiple of ${perRun}`,
  })
}

async function imagesIn(path: string, { inputs }: Program, { program, codes }: ImagesWanted): Promise<InputData[]> {
  const ofImage = inputs.filter(({ image = 0 }) => image === 0)
  if (ofImage.length !== 1)
    throw new DlpError({ what: `has ${ofImage.length} inputs`, where: program, allowed: 'one, where --input is given' })
  const { readImages } = await import('./input-file.ts')
  const [tensor] = ofImage
  const { shape, preprocessing, elementType, arrangement } = tensor!
  const images = await readImages(path, shape as unknown as Shape, mostImages, codes || elementType !== undefined, {
    preprocessing,
    arrangement,
    onNote: notesOnce(),
  })
  // Pixels are the codes of a model that takes bytes.
  if (elementType === undefined && images.some(({ kind }) => kind === 'pixels')) warnUnknown(preprocessing, program)
  return images.map((data) => ownCodes(data, tensor!, path, codes))
}

/**
 * Of a model that takes codes itself whole numbers of a file are codes; with --codes those of floats too, which may mean real values.
 * Codes that the tensor has not are refused where they are packed.
 */
function ownCodes(found: InputData, { elementType }: TensorDescriptor, path: string, codes: boolean): InputData {
  if (elementType === undefined || found.kind !== 'real') return found
  if (codes) return { ...found, kind: 'codes' }
  throw new DlpError({
    what: `holds floats, and the model takes ${elementType} codes`,
    where: path,
    allowed: `whole numbers as ${elementType}, or pictures where these are bytes`,
    help: 'save the codes as the model takes them, or give --codes where the floats are codes',
  })
}

/**
 * All images' outputs as one array, images outermost where there are several: real values, or codes of a model that gives codes.
 * @param codes int32 codes instead; of a model that takes codes itself they are what it takes, and its output stays as it gives it
 * @param runs outputs of each run
 * @throws DlpError where an image has several outputs
 */
export function outputArray(program: Program, runs: readonly TensorBytes[], codes: boolean): NpyArray {
  const perRun = imagesPerRun(program)
  if (program.outputs.length !== perRun)
    throw new DlpError({ what: `the program has ${program.outputs.length} outputs`, where: '--output', allowed: 'one' })
  const ordered = program.outputs.toSorted((a, b) => (a.image ?? 0) - (b.image ?? 0))
  const type = outputType(program, ordered[0]!, codes)
  const { array } = arrays[type]
  const images = runs.flatMap((outputs) =>
    ordered.map((tensor) => {
      const own = unpackTensor(outputs[tensor.name]!, tensor, program.machine)
      return inModelOrder(type === 'f4' ? dequantiseOutput(own, tensor) : own, tensor.arrangement)
    }),
  )
  const size = images[0]!.length
  const data = new array(images.length * size)
  images.forEach((image, index) => data.set(image, index * size))
  const own = modelShape(ordered[0]!)
  return { type, shape: images.length === 1 ? own : [images.length, ...own], data }
}

const arrays = {
  f4: { array: Float32Array },
  i4: { array: Int32Array },
  i1: { array: Int8Array },
  u1: { array: Uint8Array },
} as const

/** The type of the numbers in a file of outputs; NumPy has none of 4 bits. */
function outputType({ inputs }: Program, { elementType }: TensorDescriptor, codes: boolean): keyof typeof arrays {
  if (codes && inputs.every((tensor) => tensor.elementType === undefined)) return 'i4'
  if (elementType === undefined) return 'f4'
  return elementType.startsWith('u') ? 'u1' : 'i1'
}

/** Refuses outputs that are not those of a file. @throws DlpError with the first number that differs */
export function refuseUnexpected(found: NpyArray, expected: NpyArray, where: string): void {
  const shapes = [found, expected].map(({ type, shape }) => `${type} [${shape.join(', ')}]`)
  if (shapes[0] !== shapes[1])
    throw new DlpError({ what: `is an array of ${shapes[1]!}`, where, allowed: `${shapes[0]!}, as the outputs are` })
  const differing = Array.from(found.data.keys()).filter((index) => found.data[index] !== expected.data[index])
  const [at] = differing
  if (at === undefined) return
  throw new DlpError({
    what: `element ${at} is ${expected.data[at]} there, ${found.data[at]} here; ${differing.length} of ${found.data.length} differ`,
    where,
    allowed: 'the very numbers that the program gives',
  })
}
