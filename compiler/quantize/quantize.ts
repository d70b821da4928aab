// Quantisation: a simplified float graph becomes an integer graph for a machine, pruned and calibrated.

import { defined } from '../../base/defined.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { FloatGraph } from '../graph/graph.ts'
import type { IntegerGraph, IntegerLayer } from '../graph/integer.ts'
import type { Tensor } from '../graph/tensor.ts'
import { verifyInteger } from '../graph/verify-integer.ts'
import { calibrate, chooseMaps, type Statistics } from './calibrate.ts'
import { fuse } from './fuse.ts'
import { prunePlan } from './prune.ts'
import { quantizeLayer } from './quantize-layer.ts'
import { NetworkRefinement } from './refine.ts'
import { type QuantizeReport, reportOf } from './report.ts'

export interface QuantizeOptions {
  readonly machine: Machine
  readonly weightBits: 4 | 8
  readonly activationBits: 4 | 8
  /** Share of non-zero weights over all convolutions and matrices, in (0, 1]; 1 prunes nothing. */
  readonly density: number
  /** Share for single layers, by the name of their Conv or Gemm node. */
  readonly densityOf?: Readonly<Record<string, number>>
  /** Weight bits of single layers, by the name of their Conv or Gemm node. */
  readonly weightBitsOf?: Readonly<Record<string, 4 | 8>>
  /** Float inputs [1, channels, height, width] for calibration. */
  readonly calibration: readonly Tensor[]
  /**
   * Let every layer compensate the errors of the layers before it, by least squares over the calibration inputs. The default is to refine with 4 bits or
   * pruning (a dense 8-bit network would only fit the noise of the inputs) and at least 16 inputs, since fewer do not represent the others.
   */
  readonly refine?: boolean
  /** Called as each stage advances. */
  readonly progress?: (stage: 'prune' | 'calibrate' | 'quantize', done: number, all: number) => void
}

export type { QuantizeReport }

export interface Quantized {
  readonly graph: IntegerGraph
  readonly report: QuantizeReport
}

/**
 * Quantises a graph that `simplify` has made simple. The same graph and options give the same integers everywhere.
 *
 * @throws DlpError with the nodes that cannot be lowered, or with an invalid density or calibration input
 */
export function quantize(simplified: FloatGraph, options: QuantizeOptions): Quantized {
  const { machine, weightBits, activationBits, density, densityOf = {}, weightBitsOf = {}, progress } = options
  const whole = fuse(simplified)
  const { plan, pruned } = prunePlan(whole, {
    machine,
    weightBits,
    activationBits,
    density,
    densityOf,
    progress: (done, all) => progress?.('prune', done, all),
  })
  const lossy = weightBits === 4 || activationBits === 4 || density < 1
  const refine = options.refine ?? (lossy && options.calibration.length >= 16)
  // The ranges of a refined network are close to those of the unpruned one.
  const statistics = calibrate(refine ? whole : plan, options.calibration, (done, all) =>
    progress?.('calibrate', done, all),
  )
  const maps = chooseMaps(plan, statistics, activationBits)
  const power = powers(statistics)
  const refinement = refine
    ? new NetworkRefinement(
        whole,
        maps,
        options.calibration.map(({ data }) => data),
      )
    : undefined
  const quantised = plan.layers.map((planned, index) => {
    const own = Object.hasOwn(weightBitsOf, planned.name) ? weightBitsOf[planned.name] : undefined
    const bits = own ?? weightBits
    const refiner = refinement?.rowRefiner(index, planned, bits)
    const result = quantizeLayer(planned, { maps, power, weightBits: bits, refiner })
    refinement?.advance(index, result.layer)
    progress?.('quantize', index + 1, plan.layers.length)
    return result
  })
  const layers = quantised.map(({ layer }): IntegerLayer => layer)
  const graph: IntegerGraph = {
    name: plan.name,
    input: defined(maps.get(plan.input.name)),
    layers,
    output: plan.output,
  }
  verifyInteger(graph)
  const noises = quantised.map(({ noise }) => noise?.weightNoise ?? 0)
  return { graph, report: reportOf({ plan: whole, graph, pruned, noises, statistics, density }) }
}

function powers(statistics: Statistics): ReadonlyMap<string, number> {
  return new Map([...statistics].map(([name, histogram]) => [name, histogram.meanSquare]))
}
