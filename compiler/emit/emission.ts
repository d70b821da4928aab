// What emission works on: the scheduled layers, and the instructions and constants that grow from them.
import type { CompileCache } from '../cache.ts'
import type { IntegerGraph } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import type { MatrixLayer, ScheduledLayer } from '../schedule/layers.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import type { Preprocessing } from '../../isa/program.ts'
import type { Constants } from './constants.ts'
import type { GapModel } from './gaps.ts'

export interface Emission {
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

/** A layer of an image of the run. */
export interface Turn {
  readonly image: number
  /** index of the layer in the graph */
  readonly layer: number
  /** how many layers come before, those of earlier images included */
  readonly number: number
}

/** Where a row group's beats lie. */
export interface GroupPlace {
  /** address in the constants region, in units of 64 bytes */
  readonly address: number
  /** first beat in the weight memory, and how many */
  readonly beat: number
  readonly beats: number
  /** streamed: earlier groups that must have been read before these may be loaded, and whether a later one waits for this group */
  readonly waits: number
  readonly frees: boolean
}

/**
 * How the first layer runs while the input arrives: over some columns, over all columns of some rows, or once all of it is there. Each takes
 * fewer instructions than the one before; so do logits, which leave in one piece in the last.
 */
export type InputStyle = 'columns' | 'rows' | 'whole'

/** The program under construction. */
export interface Draft {
  readonly emission: Emission
  readonly constants: Constants
  readonly gaps: GapModel
  readonly input: InputStyle
  /** whether this is only what every program of the graph has: nothing is scheduled yet, so that nobody waits for anybody */
  readonly isOutline: boolean
  readonly init: LegalInstruction[]
  readonly infer: LegalInstruction[]
  /** [row groups of all layers] their beats, as they are packed in the end */
  readonly streams: BeatStream[]
  /** [images × row groups of all layers] where their weights lie */
  readonly places: readonly GroupPlace[]
  /** addresses of the tables that lie in the constants so far, by the index of their layer */
  readonly tables: Map<number, number>
}

/** DRAM regions by name, as the fields of instructions number them. */
export const region = { constants: 0, input: 1, output: 2, scratch: 3 } as const

/** The layers that have weights. */
export const matrixLayers = (layers: readonly ScheduledLayer[]): MatrixLayer[] =>
  layers.filter((scheduled): scheduled is MatrixLayer => 'groups' in scheduled)
