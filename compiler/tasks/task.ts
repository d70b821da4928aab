// The kinds of tasks. A task is work of one queue, from one instruction to a few. How the queues wait for one another is derived later (`sync.ts`).
import type { WorkQueue } from '../../isa/instructions.ts'
import { unreachable } from '../../base/error.ts'
import type { Area } from './input-chunks.ts'
import type { Stripe } from './plan.ts'

/** The parameters of all row groups (LOADP). */
export interface ParametersTask {
  readonly kind: 'parameters'
}

/** The beats of a row group into the weight memory (LOADW). */
export interface WeightsTask {
  readonly kind: 'weights'
  /** number of the row group among those of all images of the run */
  readonly group: number
  /** it waits until the first image's input has been transferred over the bus */
  readonly behindInput?: true
}

/** The table of a stripe's layer into its block (LOADT). */
export interface TableTask {
  readonly kind: 'table'
  readonly stripe: Stripe
}

/** An area of every lane's patch of an image's input (LOADs). */
export interface LoadTask {
  readonly kind: 'load'
  readonly image: number
  readonly area: Area
  /** the first of its image: from then on the whole map belongs to the image */
  readonly isFirst: boolean
}

/** Selects the stripe's table block and the output side of its layer (LAYER). */
export interface LayerTask {
  readonly kind: 'layer'
  readonly stripe: Stripe
}

/** Restricts the COMPUTEs that follow to some columns of the patch (COLUMNS). */
export interface ColumnsTask {
  readonly kind: 'columns'
  readonly firstColumn: number
  readonly columns: number
}

/** A row group of a layer at some positions, or at all of them (COMPUTE). */
export interface ComputeTask {
  readonly kind: 'compute'
  readonly stripe: Stripe
  /** number of the row group in its layer, among those of an image, and among those of all images of the run */
  readonly group: number
  readonly ofImage: number
  readonly ofRun: number
  /** absent: all positions, from the row that waits least */
  readonly area?: Area
}

/** A maximum pool (POOL), or a relayout (MOVEs or a REPATCH). */
export interface BankOperationTask {
  readonly kind: 'pool' | 'relayout'
  readonly stripe: Stripe
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
  | BankOperationTask
  | StoreTask
  | StoreLogitsTask

/** A task in program order. */
export interface PlacedTask {
  readonly task: Task
  /** number of the stripe to which reports count its instructions; absent: none */
  readonly during?: number
}

/** The queue that executes a task. */
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
    case 'relayout':
    case 'store':
      return 'compute'
    default:
      return unreachable(kind)
  }
}
