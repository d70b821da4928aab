// The plan: the layers that the nodes of a float graph become, with weights and bounds still in real numbers. One planned layer becomes one layer of the integer graph.

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
  /** The Conv or Gemm node with the weights; for a residual (a shortcut without weights) the node that reads the map. */
  readonly node: string
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly dilation: Pair
  readonly weights: FloatRows
  /** [rows] The scale of the row's weights, if the model is quantised: all of them are multiples of it. */
  readonly weightScale?: Float64Array
  /** All maps of the concatenation that the node reads, this one among them; absent if the node reads one map. */
  readonly parts?: readonly string[]
  /** Weights of the node, zeros included; 0 for a source without weights of its own (shortcuts, average pools), which is never pruned. */
  readonly dense: number
  /** Share of its products that the network itself needs; see `LinearSource` of the integer graph. */
  readonly needed?: number
}

/** A map before its codes are chosen, under the name of the float graph's value. */
export interface PlannedMap {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
  /** The grid of the map, if the model is quantised. */
  readonly grid?: Grid
}

/** clamp(Σ sources + bias, low, high) */
export interface FloatLinearLayer {
  readonly kind: 'linear'
  readonly name: string
  /** All nodes for which the layer stands. */
  readonly nodes: readonly string[]
  readonly sources: readonly FloatSource[]
  /** [rows] */
  readonly bias: Float64Array
  readonly low: number
  readonly high: number
  /** Present for a global average: the only source, of 1×1 window, is summed over this many pixels and divided by their number; the output is 1×1. */
  readonly pixels?: number
  readonly output: PlannedMap
}

/** Σ over all pixels of the source's sum ÷ `pixels`, plus bias. */
export interface FloatLogitsLayer {
  readonly kind: 'logits'
  readonly name: string
  readonly nodes: readonly string[]
  readonly source: FloatSource
  readonly bias: Float64Array
  /** The divisor of the sum over pixels: their number for a global average, else 1. */
  readonly pixels: number
  /** The value of the float graph for which the logits stand. */
  readonly value: string
}

export interface FloatMaxPoolLayer {
  readonly kind: 'maxPool'
  readonly name: string
  readonly nodes: readonly string[]
  readonly source: string
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly output: PlannedMap
}

export type FloatLayer = FloatLinearLayer | FloatLogitsLayer | FloatMaxPoolLayer

/** A float value of a quantised model that is stored as a map, and the origin of its grid. */
export interface AssumedGrid {
  readonly value: string
  readonly from: 'quantiser beside' | 'range'
  readonly scale: number
}

export interface FloatPlan {
  readonly name: string
  readonly input: PlannedMap
  /** in execution order */
  readonly layers: readonly FloatLayer[]
  /** the name of a logits layer, or of a map */
  readonly output: string
  /** maps of a quantised model whose grids had to be assumed; absent: none */
  readonly assumed?: readonly AssumedGrid[]
}
