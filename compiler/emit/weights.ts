// LOADW: the beats of a row group.
import { elementAt } from '../../base/defined.ts'
import { beatBytes } from '../../isa/model/sizes.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, packBeats } from '../../isa/weights/beats.ts'
import type { WeightsTask } from '../tasks/task.ts'
import { type Context, instruction } from './build.ts'
import type { Constants } from './constants.ts'

/** @returns addresses of the row groups of an image */
export const addWeights = (streams: readonly BeatStream[], machine: Machine, constants: Constants): number[] =>
  streams.map((stream) => constants.addLater(stream.beats * beatBytes(machine), () => packBeats(stream, machine)))

export function emitWeights({ locations, addresses }: Context, { group }: WeightsTask): InstructionOf<'LOADW'>[] {
  const address = elementAt(addresses.weights, group % addresses.weights.length)
  return [instruction('LOADW', { address, ...elementAt(locations, group) })]
}
