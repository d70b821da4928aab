// Throughput of runs back to back: images a second, and the cycles of a run that do not overlap with computing.
import { elementAt } from '../base/defined.ts'
import { addressUnitBytes, regions } from '../isa/instructions.ts'
import { imagesPerRun } from '../isa/program.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import type { ImageStatistics } from './statistics.ts'

/** Runs back to back: each doorbell comes in the cycle of the interrupt before; meanwhile the host transfers data of other regions. */
export interface Throughput {
  readonly imagesPerRun: number
  /** doorbell to interrupt */
  readonly cyclesPerRun: number
  /** a run's share for each of its images */
  readonly cyclesPerImage: number
  readonly imagesPerSecond: number
  /** [images of a run] the cycle of the run in which an image's outputs are all stored */
  readonly storedCycles: readonly number[]
  /** cycles of a run in which nothing is computed: its first image still arrives, or its last logits leave */
  readonly exposedCycles: number
  /** that the host transfers for each image */
  readonly hostBytes: { readonly input: number; readonly output: number }
}

type RunCycles = Pick<ImageStatistics, 'cycles' | 'startCycles' | 'endCycles' | 'perInstruction'>

/** The throughput of a program from the timing of one run. */
export function throughputOf(program: Program, run: RunCycles, clockMHz: number): Throughput {
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

/** Images a second of runs back to back. */
export const imagesPerSecond = (program: Program, cyclesPerRun: number, clockMHz: number): number =>
  (clockMHz * 1e6 * imagesPerRun(program)) / cyclesPerRun

/** The last retirement of the STOREs and STORELs that write an image's outputs. */
function storedCycle({ outputs, instructions }: Program, run: RunCycles, image: number): number {
  const own = outputs.filter((tensor) => (tensor.image ?? 0) === image)
  const stored = run.perInstruction.filter(({ index }) => {
    const each = elementAt(instructions, index)
    if (each.op !== 'STORE' && each.op !== 'STOREL') return false
    const address = each.address * addressUnitBytes
    return own.some(
      ({ region, offset, bytes }) => region === regions[each.region] && address >= offset && address < offset + bytes,
    )
  })
  return stored.reduce((last, { retire }) => Math.max(last, retire), 0)
}
