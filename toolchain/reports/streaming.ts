// The cost of streamed weights: bytes for every image, and cycles in which nothing could be computed because they were missing.

import { beatBytes } from '../../isa/model/sizes.ts'
import type { Program } from '../../isa/program.ts'
import type { ImageStatistics } from '../../simulator/statistics.ts'

export interface Streaming {
  /** of the weights that are loaded for an image */
  readonly bytes: number
  /** in which the compute queue waited for the parameter queue: for weights, or for a table that is loaded after them */
  readonly waitCycles: number
  /** of the run */
  readonly cycles: number
}

/** Undefined where the weights are resident. */
export function streamingOf(
  { weightsIn, machine, instructions, entry }: Program,
  { breakdown, cycles }: Pick<ImageStatistics, 'breakdown' | 'cycles'>,
): Streaming | undefined {
  if (weightsIn === 'resident') return undefined
  const beats = instructions.reduce(
    (sum, instruction, index) => sum + (index >= entry.infer && instruction.op === 'LOADW' ? instruction.beats : 0),
    0,
  )
  return { bytes: beats * beatBytes(machine), waitCycles: breakdown.parameter, cycles }
}
