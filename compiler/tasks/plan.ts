// What layout and schedule have decided, and what is read off it: the layers' walks, the places of weights, the turns of a run.
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
  /** the graph before and after folding its input, and the factor */
  readonly original: IntegerGraph
  readonly graph: IntegerGraph
  readonly factor: number
  readonly machine: Machine
  readonly maps: ReadonlyMap<string, PlacedMap>
  readonly layers: readonly ScheduledLayer[]
  readonly weightsIn: 'resident' | 'streamed'
  /** that one run takes */
  readonly images: number
  readonly preprocessing?: Preprocessing
  /** of earlier compilations */
  readonly cache?: CompileCache
}

/**
 * How the first layer runs while the input arrives: over some columns, over all columns of some rows, or once all of it is there. Each takes
 * fewer instructions than the one before; so do logits, which leave in one piece in the last.
 */
export type InputStyle = 'columns' | 'rows' | 'whole'

/** A layer of an image of the run. */
export interface Turn {
  readonly image: number
  /** index of the layer in the graph */
  readonly layer: number
  /** how many layers come before, those of earlier images included */
  readonly number: number
}

/** The layers that have weights. */
export const matrixLayers = (layers: readonly ScheduledLayer[]): MatrixLayer[] =>
  layers.filter((scheduled): scheduled is MatrixLayer => 'groups' in scheduled)

/** Beats of every row group of an image, layer by layer. */
export const streamsOf = ({ layers }: Plan): BeatStream[] =>
  matrixLayers(layers).flatMap(({ groups }) => groups.map(({ stream }) => stream))

/** Layers of all images of the run. */
export const turnsOf = ({ images, layers }: Plan): number => images * layers.length

/** Layers alternate between the two table blocks. */
export const tableBlocks = 2
export const blockOf = ({ number }: Turn): number => number % tableBlocks

/** The input as it lies in the feature memory. */
export const inputOf = ({ maps, graph }: Plan): PlacedMap => defined(maps.get(graph.input.name))

/** The map over whose patch a layer's positions run, the rows and columns of it that count (absent: all), and the map that is written. */
export interface OutputPositions {
  readonly placed: PlacedMap
  readonly valid?: readonly [number, number]
  readonly written?: PlacedMap
}

export function outputPositionsOf({ maps }: Pick<Plan, 'maps'>, layer: LinearLayer | LogitsLayer): OutputPositions {
  const written = layer.kind === 'linear' ? defined(maps.get(layer.output.name)) : undefined
  if (!sumsPixels(layer)) return { placed: defined(written), written }
  const [source] = elements(sourcesOf(layer), 1)
  const read = defined(maps.get(source.map))
  const valid = logitsPositions(source, read.map)
  return { placed: { ...read, patch: walkedPatch(read.patch, valid) }, valid, written }
}

/** Positions that count and lie in one lane are all that is walked over. */
const walkedPatch = (patch: Patch, [height, width]: readonly [number, number]): Patch =>
  height <= patch.height && width <= patch.width ? { height, width } : patch

/** Rows of the patch over which a layer's positions run: a window that fits less often than the first lanes have rows leaves the others idle. */
export const walkedRows = ({ placed, valid }: OutputPositions): number =>
  Math.min(placed.patch.height, valid?.[0] ?? placed.patch.height)
