// The plan: which nodes of a float graph become one layer of the integer graph, with weights and bounds still in real numbers.

import type { Grid } from '../graph/operators/grid.ts'

/** Compressed sparse rows of real weights; columns as in the integer graph. */
export interface FloatRows {
  readonly rows: number
  readonly columns: number
  /** [rows + 1] */
  readonly rowStart: Int32Array
  /** [non-zeros] ascending within a row */
  readonly column: Int32Array
  /** [non-zeros] */
  readonly value: Float32Array
}

export type Pair = readonly [number, number]

/** One sparse matrix over one map; see `LinearSource` of the integer graph. */
export interface FloatSource {
  readonly map: string
  readonly role: 'main' | 'residual' | 'projection'
  /** The Conv or Gemm node that the weights come from; for a residual the node that reads the map. */
  readonly node: string
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly dilation: Pair
  readonly weights: FloatRows
  /** [rows] Real value of one integer of the row's weights, where the model gives it: all its weights are multiples. */
  readonly step?: Float64Array
  /** The maps that this one is concatenated with, itself among them, where the node reads more than one. */
  readonly parts?: readonly string[]
  /** Weights that the node has, zeros included; 0 for what has none of its own (shortcuts, average pools): never pruned. */
  readonly dense: number
  /** Share of its products that the network itself needs; see `LinearSource` of the integer graph. */
  readonly needed?: number
}

/** A map before its codes are chosen; it carries the name of the float graph's value. */
export interface PlannedMap {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
  /** The codes of the map, where the model gives them. */
  readonly grid?: Grid
}

/** clamp(Σ sources + bias, low, high) */
export interface LinearStep {
  readonly kind: 'linear'
  readonly name: string
  /** All nodes that the step stands for. */
  readonly nodes: readonly string[]
  readonly sources: readonly FloatSource[]
  /** [rows] */
  readonly bias: Float64Array
  readonly low: number
  readonly high: number
  /** Set: the only source is summed over all its pixels and divided by their number; its window is 1×1 and the output too. */
  readonly pixels?: number
  readonly output: PlannedMap
}

/** Σ over all pixels of the source's sum ÷ `pixels`, plus bias. */
export interface LogitsStep {
  readonly kind: 'logits'
  readonly name: string
  readonly nodes: readonly string[]
  readonly source: FloatSource
  readonly bias: Float64Array
  /** What the sum over pixels is divided by: their number for a global average, else 1. */
  readonly pixels: number
  /** The float graph's value that the logits stand for. */
  readonly value: string
}

export interface MaxPoolStep {
  readonly kind: 'maxPool'
  readonly name: string
  readonly nodes: readonly string[]
  readonly source: string
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly output: PlannedMap
}

export type PlanStep = LinearStep | LogitsStep | MaxPoolStep

/** A value that is float in a quantised model, and where its grid is from. */
export interface AssumedGrid {
  readonly value: string
  readonly from: 'quantiser beside' | 'range'
  /** What a code is worth. */
  readonly scale: number
}

export interface FloatPlan {
  readonly name: string
  readonly input: PlannedMap
  /** in execution order */
  readonly steps: readonly PlanStep[]
  /** the name of a logits step, or of a map */
  readonly output: string
  /** maps of a quantised model for which it gives no grid; absent: none */
  readonly assumed?: readonly AssumedGrid[]
}
