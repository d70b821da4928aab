// The outputs of a simulation as one array of all images.

import { DlpError } from '../../base/error.ts'
import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../../isa/packing.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import type { NpyArray } from '../files/npy.ts'

/**
 * The outputs of all images as one array, with the images as first axis if there are several: real values, or codes of a model whose output are codes.
 * @param codes int32 codes in place of real values; without effect for a model whose inputs are codes
 * @param runs [runs] outputs of each run
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

/** The element type of a file of outputs; NumPy has no type of 4 bits. */
function outputType({ inputs }: Program, { elementType }: TensorDescriptor, codes: boolean): keyof typeof arrays {
  if (codes && inputs.every((tensor) => tensor.elementType === undefined)) return 'i4'
  if (elementType === undefined) return 'f4'
  return elementType.startsWith('u') ? 'u1' : 'i1'
}

/** Compares outputs with a file of expected ones. @throws DlpError with the first number that differs */
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
    allowed: 'exactly the numbers that the program computes',
  })
}
