// Where the beats of every row group lie in the weight memory: all of them for good, or some for good and the others in a ring.
import { type Plan, matrixLayers } from './plan.ts'
import { placeRing } from './ring.ts'

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

/** Places the weights of all images; the ring turns on from image to image. @throws DlpError when a row group has no room */
export function placeWeights(plan: Plan): WeightPlan {
  const { layers, machine, images, weightsIn } = plan
  const beats = matrixLayers(layers).flatMap(({ groups }) => groups.map(({ stream }) => stream.beats))
  const names = matrixLayers(layers).flatMap(({ layer, groups }) => groups.map(() => `layer '${layer.name}'`))
  const resident = beats.map(() => weightsIn === 'resident')
  const streamed = [...beats.keys()].filter((group) => !resident[group]!)
  const ring = placeRing(
    ofAll(
      images,
      streamed.map((group) => beats[group]!),
    ),
    machine.weightBeats,
    (at) => names[streamed[at % streamed.length]!]!,
  )
  let stays = 0
  let turning = 0
  const fixed = beats.map((count, group) => (resident[group]! ? (stays += count) - count : -1))
  const places = ofAll(images, fixed).map((beat, ofRun): WeightPlace => {
    const count = beats[ofRun % beats.length]!
    return { beat: beat >= 0 ? beat : ring[turning++]!, beats: count }
  })
  return { places, resident }
}

/** What holds for an image, for all of them. */
const ofAll = <T>(images: number, values: readonly T[]): T[] => Array.from({ length: images }, () => values).flat()
