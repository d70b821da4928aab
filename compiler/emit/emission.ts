// What emission works on: the scheduled layers, and the instructions and constants that grow from them.
import type { IntegerGraph, LinearLayer, LinearSource, LogitsLayer, MaxPoolLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import type { LayerColumns } from '../lower/columns.ts'
import type { GroupSchedule } from '../schedule/group.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/machine.ts'
import type { Preprocessing } from '../../isa/program.ts'
import type { Constants } from './constants.ts'
import type { GapModel } from './gaps.ts'
import type { GroupPlace } from './weights.ts'

/** A linear or logits layer with the schedules of its row groups. */
export interface MatrixLayer {
  readonly layer: LinearLayer | LogitsLayer
  readonly columns: LayerColumns
  readonly groups: readonly GroupSchedule[]
}
export type ScheduledLayer = MatrixLayer | { readonly layer: MaxPoolLayer }

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
  readonly preprocessing?: Preprocessing
}

/** The program under construction. */
export interface Draft {
  readonly emission: Emission
  readonly constants: Constants
  readonly gaps: GapModel
  readonly init: LegalInstruction[]
  readonly infer: LegalInstruction[]
  /** [row groups of all layers] where their weights lie */
  readonly places: readonly GroupPlace[]
}

/** DRAM regions by name, as the fields of instructions number them. */
export const region = { constants: 0, input: 1, output: 2, scratch: 3 } as const

export const sourcesOf = (layer: LinearLayer | LogitsLayer): readonly LinearSource[] =>
  layer.kind === 'linear' ? layer.sources : [layer.source]

/** The layers that have weights. */
export const matrixLayers = (layers: readonly ScheduledLayer[]): MatrixLayer[] =>
  layers.filter((scheduled): scheduled is MatrixLayer => 'groups' in scheduled)
