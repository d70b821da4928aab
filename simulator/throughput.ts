// Images one after the other: how often one is finished, and what of their coming and going overlaps computing.
import { elementAt } from '../base/defined.ts'
import { addressUnitBytes, regions } from '../isa/instructions.ts'
import { imagesPerRun } from '../isa/program.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import type { ImageStatistics } from './statistics.ts'

/** Runs back to back: each doorbell comes in the cycle of the interrupt before; meanwhile the host copies into and out of other regions. */
export interface Throughput {
  readonly imagesPerRun: number
  /** doorbell to interrupt */
  readonly cyclesPerRun: number
  /** a run's share for each of its images */
  readonly cyclesPerImage: number
  readonly imagesPerSecond: number
  /** [images of a run] the cycle of the run in which an image's outputs are all stored */
  readonly storedCycles: readonly number[]
  /** of a run, in which nothing computes since its first image only arrives or its last one only leaves */
  readonly exposedCycles: number
  /** that the host copies for each image */
  readonly hostBytes: { readonly input: number; readonly output: number }
}

type Timed = Pick<ImageStatistics, 'cycles' | 'startCycles' | 'endCycles' | 'perInstruction'>

/** The throughput of a program whose runs take so many cycles. */
export function throughputOf(program: Program, run: Timed, clockMHz: number): Throughput {
  const images = imagesPerRun(program)
  const bytes = (tensors: readonly TensorDescriptor[]): number =>
    tensors.reduce((sum, tensor) => sum + tensor.bytes, 0) / images
  return {
    imagesPerRun: images,
    cyclesPerRun: run.cycles,
    cyclesPerImage: run.cycles / images,
    imagesPerSecond: imagesPerSecond(program, run.cycles, clockMHz),
    storedCycles: Array.from({ length: images }, (_, image) => storedCycle(program, run, image)),
    exposedCycles: run.startCycles + run.endCycles,
    hostBytes: { input: bytes(program.inputs), output: bytes(program.outputs) },
  }
}

/** Images of runs that take so many cycles each, back to back. */
export const imagesPerSecond = (program: Program, cyclesPerRun: number, clockMHz: number): number =>
  (clockMHz * 1e6 * imagesPerRun(program)) / cyclesPerRun

/** The last retirement of the STOREs and STORELs that write an image's outputs. */
function storedCycle({ outputs, instructions }: Program, run: Timed, image: number): number {
  const own = outputs.filter((tensor) => (tensor.image ?? 0) === image)
  const stored = run.perInstruction.filter(({ index }) => {
    const each = elementAt(instructions, index)
    if (each.op !== 'STORE' && each.op !== 'STOREL') return false
    const at = each.address * addressUnitBytes
    return own.some(
      ({ region, offset, bytes }) => region === regions[each.region] && at >= offset && at < offset + bytes,
    )
  })
  return stored.reduce((last, { retire }) => Math.max(last, retire), 0)
}
