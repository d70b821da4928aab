// A quantised graph in its normal form becomes an integer graph with the model's own scales: nothing is calibrated or pruned.

import { defined } from '../../../base/defined.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { type IntegerGraph, sourcesOf } from '../../graph/integer.ts'
import { verifyInteger } from '../../graph/verify-integer.ts'
import { fuse } from '../fuse.ts'
import type { AssumedGrid, FloatPlan, Pair } from '../plan.ts'
import { reportOf } from '../report.ts'
import type { Quantized } from '../quantize.ts'
import { givenMaps } from './maps.ts'
import { givenStep } from './step.ts'

/** The integers, and what the model left open. */
export interface QuantizedAsGiven extends Quantized {
  readonly assumed: readonly AssumedGrid[]
}

export interface GivenOptions {
  /** Keep every rounding that the graph spells out, at the cost of layers that could be joined. */
  readonly exact?: boolean
  /** The model's output are codes: they leave as they are. */
  readonly givesCodes?: boolean
  /** Least and greatest value of an output without a quantiser; absent: what its layer can reach. */
  readonly outputRange?: Pair
  /** Bits of the machine's accumulators: how fine the units of rows may be; absent: 32. */
  readonly accumulatorBits?: number
}

/**
 * The integers of a graph that `normalise` has brought to its normal form.
 *
 * @throws DlpError naming what cannot be lowered, or what is not quantised
 */
export function quantizeGiven(graph: FloatGraph, options: GivenOptions = {}): QuantizedAsGiven {
  const plan = fuse(graph, options)
  const maps = givenMaps(plan, options.givesCodes)
  const { accumulatorBits: bits = 32, exact: isExact = false } = options
  const layers = plan.steps.map((step) => givenStep(step, maps, { bits, isExact }))
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

/** What a report says of weights that nobody pruned. */
function wholeSources(plan: FloatPlan) {
  return plan.steps.flatMap((step) =>
    sourcesOf(step).map(({ node, dense }) => ({ node, dense, kept: dense, quota: 0, energy: 1 })),
  )
}
