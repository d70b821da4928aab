// What comes out of a simulation as a file: one array of all images' outputs.

import { DlpError } from '../../base/error.ts'
import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../../isa/packing.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import type { NpyArray } from '../files/npy.ts'

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
