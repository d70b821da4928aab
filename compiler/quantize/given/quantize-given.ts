// A quantised graph in its normal form becomes an integer graph with the scales that the model gives: nothing is calibrated or pruned.

import { defined } from '../../../base/defined.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { type IntegerGraph, sourcesOf } from '../../graph/integer.ts'
import { verifyInteger } from '../../graph/verify-integer.ts'
import { fuse } from '../fuse.ts'
import type { AssumedGrid, FloatPlan, Pair } from '../plan.ts'
import { reportOf } from '../report.ts'
import type { Quantized } from '../quantize.ts'
import { givenMaps } from './maps.ts'
import { givenLayer } from './layer.ts'

/** The integer graph, its report, and the grids that the model did not give. */
export interface QuantizedAsGiven extends Quantized {
  readonly assumed: readonly AssumedGrid[]
}

export interface GivenOptions {
  /** Keep every rounding that the graph states, at the cost of layers that could otherwise be joined. */
  readonly exact?: boolean
  /** The model's output is codes: they are output unchanged. */
  readonly givesCodes?: boolean
  /** Least and greatest value of an output without a quantiser; absent: the range of its layer's rows. */
  readonly outputRange?: Pair
  /** Bits of the machine's accumulators, which bound how fine accumulator scales can be; absent: 32. */
  readonly accumulatorBits?: number
}

/**
 * The integer graph of a graph in the normal form that `normalise` makes.
 *
 * @throws DlpError naming what cannot be lowered, or what is not quantised
 */
export function quantizeGiven(graph: FloatGraph, options: GivenOptions = {}): QuantizedAsGiven {
  const plan = fuse(graph, options)
  const maps = givenMaps(plan, options.givesCodes)
  const { accumulatorBits: bits = 32, exact: isExact = false } = options
  const layers = plan.layers.map((layer) => givenLayer(layer, maps, { bits, isExact }))
  const integer: IntegerGraph = {
    name: plan.name,
    input: defined(maps.get(plan.input.name)).map,
    layers,
    output: plan.output,
  }
  verifyInteger(integer)
  const noises = layers.map(() => 0)
  const report = reportOf({ plan, graph: integer, pruned: wholeSources(plan), noises, density: 1 })
  return { graph: integer, report, assumed: plan.assumed ?? [] }
}

/** The entries of a report for weights that were not pruned. */
function wholeSources(plan: FloatPlan) {
  return plan.layers.flatMap((layer) =>
    sourcesOf(layer).map(({ node, dense }) => ({ node, dense, kept: dense, quota: 0, energy: 1 })),
  )
}
