// Where the beats of every row group lie in the weight memory: all of them for good, or some for good and the others in a ring.
import type { MatrixLayer } from '../schedule/layers.ts'
import { matrixLayers, type Plan, walkedRows, outputPositionsOf } from './plan.ts'
import type { WeightGroup } from './resident.ts'
import { mostInRound, placeRing } from './ring.ts'

/** Beats of a row group in the weight memory. */
export interface WeightPlace {
  readonly beat: number
  readonly beats: number
}

export interface WeightPlan {
  /** [row groups of all images of the run] */
  readonly places: readonly WeightPlace[]
  /** [row groups of an image] whether `init` loads them, and they stay */
  readonly resident: readonly boolean[]
}

/** The row groups of an image. */
export const weightGroups = (plan: Plan): WeightGroup[] =>
  matrixLayers(plan.layers).flatMap((scheduled) => groupsOf(plan, scheduled))

function groupsOf(plan: Plan, { layer, groups }: MatrixLayer): WeightGroup[] {
  const walk = outputPositionsOf(plan, layer)
  const positions = walkedRows(walk) * walk.placed.patch.width
  return groups.map(({ stream: { beats } }) => ({ beats, positions }))
}

/**
 * Places the weights of all images: what stays at the end of the memory, the ring before it, which turns on from image to image.
 * @param resident [row groups of an image] whether each stays; of those that do not, each has room by itself
 */
export function placeWeights(plan: Plan, resident: readonly boolean[]): WeightPlan {
  const { machine, images } = plan
  const groups = weightGroups(plan)
  const streamed = [...groups.keys()].filter((group) => !resident[group]!)
  const residentBeats = groups.reduce((sum, { beats }, group) => sum + (resident[group]! ? beats : 0), 0)
  const length = streamed.length === 0 ? 0 : machine.weightBeats - residentBeats
  const turning = Array.from({ length: images }, () => streamed).flat()
  const ring = placeRing(
    turning.map((group) => groups[group]!.beats),
    length,
    mostInRound(machine),
  )
  let next = length
  const fixed = groups.map(({ beats }, group) => (resident[group]! ? (next += beats) - beats : -1))
  let turned = 0
  const places = Array.from({ length: images }, () => fixed)
    .flat()
    .map((beat, ofRun): WeightPlace => ({
      beat: beat >= 0 ? beat : ring[turned++]!,
      beats: groups[ofRun % groups.length]!.beats,
    }))
  return { places, resident }
}
