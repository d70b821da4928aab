// Tasks: what a run does, a piece of one queue's work each, before anybody says how the queues wait for one another.
import type { WorkQueue } from '../../isa/instructions.ts'
import { unreachable } from '../../base/error.ts'
import type { Area } from './pieces.ts'
import type { Turn } from './plan.ts'

/** The parameters of all row groups (LOADP). */
export interface ParametersTask {
  readonly kind: 'parameters'
}

/** The beats of a row group into the weight memory (LOADW). */
export interface WeightsTask {
  readonly kind: 'weights'
  /** number of the row group among those of all images of the run */
  readonly group: number
  /** it leaves the bus to the first image's input, which comes before */
  readonly behindInput?: true
}

/** A layer's table into its block (LOADT). */
export interface TableTask {
  readonly kind: 'table'
  readonly turn: Turn
}

/** An area of every lane's patch of an image's input (LOADs). */
export interface LoadTask {
  readonly kind: 'load'
  readonly image: number
  readonly area: Area
  /** the first of its image: from then on the whole map is the image's */
  readonly isFirst: boolean
}

/** The output side of a layer, and its table from now on (LAYER). */
export interface LayerTask {
  readonly kind: 'layer'
  readonly turn: Turn
}

/** The columns of the patch over which the COMPUTEs that follow run (COLUMNS). */
export interface ColumnsTask {
  readonly kind: 'columns'
  readonly firstColumn: number
  readonly columns: number
}

/** A row group of a layer at some positions, or at all of them (COMPUTE). */
export interface ComputeTask {
  readonly kind: 'compute'
  readonly turn: Turn
  /** number of the row group in its layer, among those of an image, and among those of all images of the run */
  readonly group: number
  readonly ofImage: number
  readonly ofRun: number
  /** absent: all positions, beginning with whatever row waits least */
  readonly area?: Area
}

/** A maximum pool (POOL), or a copy between layouts (MOVEs or a REPATCH). */
export interface BankTask {
  readonly kind: 'pool' | 'copy'
  readonly turn: Turn
}

/** An output map to DRAM (STORE). */
export interface StoreTask {
  readonly kind: 'store'
  readonly image: number
}

/** Some logits to DRAM (STOREL). */
export interface StoreLogitsTask {
  readonly kind: 'storeLogits'
  readonly image: number
  readonly first: number
  readonly count: number
}

export type Task =
  | ParametersTask
  | WeightsTask
  | TableTask
  | LoadTask
  | LayerTask
  | ColumnsTask
  | ComputeTask
  | BankTask
  | StoreTask
  | StoreLogitsTask

/** A task in program order. */
export interface PlacedTask {
  readonly task: Task
  /** the turn in whose instructions it stands, for reports; absent: between two turns */
  readonly during?: number
}

/** The queue to which a task's instructions go. */
export function queueOf({ kind }: Task): WorkQueue {
  switch (kind) {
    case 'parameters':
    case 'weights':
    case 'table':
      return 'parameter'
    case 'load':
    case 'storeLogits':
      return 'load'
    case 'layer':
    case 'columns':
    case 'compute':
    case 'pool':
    case 'copy':
    case 'store':
      return 'compute'
    default:
      return unreachable(kind)
  }
}
