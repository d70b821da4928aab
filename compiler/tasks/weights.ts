// Where the weights of every row group are in the weight memory: all of them resident, or some resident and the others in a ring.
import type { MatrixLayer } from '../schedule/layers.ts'
import { semaphoreBits } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { matrixLayers, type Plan, positionRows, outputPositionsOf } from './plan.ts'
import type { WeightGroup } from './resident.ts'

/** The beats of a row group in the weight memory. */
export interface WeightLocation {
  readonly beat: number
  readonly beats: number
}

export interface WeightPlan {
  /** [row groups of all images of the run] */
  readonly locations: readonly WeightLocation[]
  /** [row groups of an image] whether `init` loads its weights, and they stay */
  readonly resident: readonly boolean[]
}

/** The row groups of an image. */
export const weightGroups = (plan: Plan): WeightGroup[] =>
  matrixLayers(plan.layers).flatMap((scheduled) => groupsOf(plan, scheduled))

function groupsOf(plan: Plan, { layer, groups }: MatrixLayer): WeightGroup[] {
  const outputs = outputPositionsOf(plan, layer)
  const positions = positionRows(outputs) * outputs.placed.patch.width
  return groups.map(({ stream: { beats } }) => ({ beats, positions }))
}

/**
 * Locates the weights of all images: resident weights at the end of the memory, the ring before them. The ring goes on from image to image.
 * @param resident [row groups of an image] whether its weights stay; of the others, each fits the ring by itself
 */
export function placeWeights(plan: Plan, resident: readonly boolean[]): WeightPlan {
  const { machine, images } = plan
  const groups = weightGroups(plan)
  const streamed = [...groups.keys()].filter((group) => !resident[group]!)
  const residentBeats = groups.reduce((sum, { beats }, group) => sum + (resident[group]! ? beats : 0), 0)
  const length = streamed.length === 0 ? 0 : machine.weightBeats - residentBeats
  const inRing = Array.from({ length: images }, () => streamed).flat()
  const ring = placeRing(
    inRing.map((group) => groups[group]!.beats),
    length,
    mostInRound(machine),
  )
  let next = length
  const fixed = groups.map(({ beats }, group) => (resident[group]! ? (next += beats) - beats : -1))
  let placed = 0
  const locations = Array.from({ length: images }, () => fixed)
    .flat()
    .map((beat, ofRun): WeightLocation => ({
      beat: beat >= 0 ? beat : ring[placed++]!,
      beats: groups[ofRun % groups.length]!.beats,
    }))
  return { locations, resident }
}

/**
 * The most row groups between two wraps of the ring. A COMPUTE signals that its weights are no longer read, and the load that overwrites them waits
 * for that. The signals that a semaphore counts come from the rest of one round and from what has been read of the next, as many as a round has,
 * and from as many more COMPUTEs as loads are dispatched after the one that waits.
 */
const mostInRound = ({ queueDepth }: Pick<Machine, 'queueDepth'>): number => 2 ** semaphoreBits - 2 - queueDepth

/**
 * The first beat of each row group in the ring: after the one before it; at the front if it does not fit before the end, or if the round is full.
 * @param beats of each row group in program order, none more than the ring has
 * @param length beats of the ring
 * @param most row groups of a round
 */
export function placeRing(beats: readonly number[], length: number, most: number): number[] {
  let [next, inRound] = [0, 0]
  return beats.map((count) => {
    const wraps = next + count > length || inRound === most
    const beat = wraps ? 0 : next
    next = beat + count
    inRound = wraps ? 1 : inRound + 1
    return beat
  })
}
