// Weights: the beats of every row group in DRAM, and where and when they come into the weight memory.
import { beatBytes } from '../../isa/formats.ts'
import { type BeatStream, packBeats } from '../../isa/weights/beats.ts'
import { instruction } from './build.ts'
import type { Constants } from './constants.ts'
import { matrixLayers, type Draft, type Emission, type GroupPlace } from './emission.ts'
import { placeRing } from './ring.ts'

/**
 * Adds all weights to the constants: one after the other in the memory if resident, else in a ring that turns on from image to image.
 * @param streams [row groups] their beats; they are packed in the end and may have changed their order by then
 * @param isOutline whether they have at least so many beats
 */
export function placeWeights(
  { layers, machine, weightsIn, images }: Emission,
  streams: readonly BeatStream[],
  constants: Constants,
  isOutline: boolean,
): GroupPlace[] {
  const addresses = streams.map(({ beats }, group) =>
    constants.addLater(beats * beatBytes(machine), () => packBeats(streams[group]!, machine)),
  )
  const sizes = streams.map((stream) => stream.beats)
  if (weightsIn === 'streamed' && isOutline) {
    // Where they lie in the ring depends on all beats; each group is loaded once at least.
    const places = sizes.map((beats, group) => ({ address: addresses[group]!, beat: 0, beats, waits: 0, frees: false }))
    return ofAll(images, places)
  }
  if (weightsIn === 'streamed') {
    const names = matrixLayers(layers).flatMap(({ layer, groups }) => groups.map(() => `layer '${layer.name}'`))
    const groups = sizes.length
    const { chunks, freed } = placeRing(ofAll(images, sizes), machine, (group) => names[group % groups]!)
    return chunks.map((chunk, group) => ({
      ...chunk,
      address: addresses[group % groups]!,
      beats: sizes[group % groups]!,
      frees: group < freed,
    }))
  }
  let beat = 0
  const places = sizes.map((beats, group) => {
    const place = { address: addresses[group]!, beat, beats, waits: 0, frees: false }
    beat += beats
    return place
  })
  return ofAll(images, places)
}

/** What holds for an image, for all of them. */
const ofAll = <T>(images: number, values: readonly T[]): T[] => Array.from({ length: images }, () => values).flat()

/** Resident weights are loaded once, by `init`. */
export function emitResident({ emission, init, places }: Draft): void {
  if (emission.weightsIn !== 'resident') return
  for (const { address, beat, beats } of places.slice(0, places.length / emission.images))
    init.push(instruction('LOADW', { address, beat, beats }))
}

/** Streamed weights are loaded before each row group, as soon as what lay there has been read. */
export function emitStreamed({ emission, infer }: Draft, { address, beat, beats, waits }: GroupPlace): void {
  if (emission.weightsIn !== 'streamed') return
  for (let wait = 1; wait < waits; wait++) infer.push(instruction('LOADW', {}, { wait: ['weightsFree'] }))
  const wait = waits > 0 ? (['weightsFree'] as const) : []
  infer.push(instruction('LOADW', { address, beat, beats }, { wait, signal: ['weights'] }))
}
