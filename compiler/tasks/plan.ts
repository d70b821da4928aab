// The plan of a program: all that layout and scheduling have decided. Derived from it: the stripes of a run, and the positions of each layer.
import { defined, elements } from '../../base/defined.ts'
import type { CompileCache } from '../cache.ts'
import { sourcesOf, sumsPixels, type IntegerGraph, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import type { Patch } from '../placement/patches.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { logitsPositions } from '../placement/windows.ts'
import type { MatrixLayer, ScheduledLayer } from '../schedule/layers.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import type { Preprocessing } from '../../isa/program.ts'

export interface Plan {
  readonly name: string
  /** the graph before and after space-to-depth of its input, and the factor */
  readonly original: IntegerGraph
  readonly graph: IntegerGraph
  readonly factor: number
  readonly machine: Machine
  readonly maps: ReadonlyMap<string, PlacedMap>
  readonly layers: readonly ScheduledLayer[]
  readonly weightsIn: 'resident' | 'streamed'
  /** images of a run */
  readonly images: number
  readonly preprocessing?: Preprocessing
  /** results of earlier compilations */
  readonly cache?: CompileCache
}

/**
 * How finely the input is divided, so that the first layer can start before all of it has arrived: into some columns of some rows, into all columns
 * of some rows, or not at all. Each style takes fewer instructions than the one before. With `whole`, the logits are stored at once, too.
 */
export type InputStyle = 'columns' | 'rows' | 'whole'

/** A layer of one image of the run. */
export interface Stripe {
  readonly image: number
  /** index of the layer in the graph */
  readonly layer: number
  /** number of stripes before it, those of earlier images included */
  readonly number: number
}

/** The layers that have weights. */
export const matrixLayers = (layers: readonly ScheduledLayer[]): MatrixLayer[] =>
  layers.filter((scheduled): scheduled is MatrixLayer => 'groups' in scheduled)

/** [row groups of an image] their beats, layer by layer. */
export const streamsOf = ({ layers }: Plan): BeatStream[] =>
  matrixLayers(layers).flatMap(({ groups }) => groups.map(({ stream }) => stream))

/** Stripes of a run: the layers of all its images. */
export const stripeCount = ({ images, layers }: Plan): number => images * layers.length

/** Stripes alternate between the two table blocks. */
export const tableBlocks = 2
export const blockOf = ({ number }: Stripe): number => number % tableBlocks

/** The input map as placed in the feature memory. */
export const inputOf = ({ maps, graph }: Plan): PlacedMap => defined(maps.get(graph.input.name))

/** The positions at which a layer computes. */
export interface OutputPositions {
  /** the map over whose patch the positions run */
  readonly placed: PlacedMap
  /** rows and columns of the map's positions that count; absent: all */
  readonly valid?: readonly [number, number]
  /** the map that is written; absent: logits */
  readonly written?: PlacedMap
}

export function outputPositionsOf({ maps }: Pick<Plan, 'maps'>, layer: LinearLayer | LogitsLayer): OutputPositions {
  const written = layer.kind === 'linear' ? defined(maps.get(layer.output.name)) : undefined
  if (!sumsPixels(layer)) return { placed: defined(written), written }
  const [source] = elements(sourcesOf(layer), 1)
  const read = defined(maps.get(source.map))
  const valid = logitsPositions(source, read.map)
  return { placed: { ...read, patch: positionPatch(read.patch, valid) }, valid, written }
}

/** If all positions that count lie in one lane, no others are computed. */
const positionPatch = (patch: Patch, [height, width]: readonly [number, number]): Patch =>
  height <= patch.height && width <= patch.width ? { height, width } : patch

/** Rows of the patch that a layer computes. If a window has fewer positions than a patch has rows, the rows after them are left out. */
export const positionRows = ({ placed, valid }: OutputPositions): number =>
  Math.min(placed.patch.height, valid?.[0] ?? placed.patch.height)
