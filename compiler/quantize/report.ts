// The report of quantisation: densities and noise of each layer, codes and ranges of each map.

import { termsOfAll } from '../terms.ts'
import { sourcesOf } from '../graph/integer.ts'
import type { CodeFormat, IntegerGraph, LinearSource } from '../graph/integer.ts'
import { codeRange } from '../../base/bits.ts'
import { elementAt } from '../../base/defined.ts'
import type { Statistics } from './calibrate.ts'
import type { FloatPlan } from './plan.ts'
import type { PrunedSource } from './prune.ts'

export interface LayerReport {
  readonly name: string
  /** Nodes of the float graph for which the layer stands. */
  readonly nodes: readonly string[]
  /** Weights of the float nodes, zeros included. */
  readonly dense: number
  /** Weights that pruning kept. */
  readonly kept: number
  /** Integer weights that are not zero (shortcuts have none). */
  readonly nonZero: number
  /** Terms of those weights. */
  readonly terms: number
  /** Terms of the shortcuts' ratios. */
  readonly residualTerms: number
  /** Weights kept in each row and cluster, per Conv or Gemm node; 0 where nothing was pruned. */
  readonly quotas: Readonly<Record<string, number>>
  /** Squared weights that are kept, relative to those that the largest weights of each cell would keep; of the source with the least. */
  readonly energy: number
  /** Squared error of the integer weights ÷ squared weights after pruning. */
  readonly weightNoise: number
}

export interface MapReport {
  readonly name: string
  readonly format: CodeFormat
  readonly scale: number
  readonly zeroPoint: number
  /** Least and greatest value found in calibration. */
  readonly min: number
  readonly max: number
  /** Share of calibration values outside the codes' range. */
  readonly clipped: number
}

export interface QuantizeReport {
  readonly density: {
    readonly asked: number
    /** Share of weights that pruning kept. */
    readonly kept: number
    /** Share of weights that are not zero as integers. */
    readonly nonZero: number
  }
  readonly layers: readonly LayerReport[]
  readonly maps: readonly MapReport[]
}

export interface ReportInput {
  readonly plan: FloatPlan
  readonly graph: IntegerGraph
  readonly pruned: readonly PrunedSource[]
  /** [layers] */
  readonly noises: readonly number[]
  /** absent for a quantised model */
  readonly statistics?: Statistics
  readonly density: number
}

/** Gathers the report. */
export function reportOf({ plan, graph, pruned, noises, statistics, density }: ReportInput): QuantizeReport {
  let first = 0
  const layers = graph.layers.map((layer, index): LayerReport => {
    const plannedLayer = elementAt(plan.layers, index)
    // Pruning lists the sources with weights of their own in the plan's order.
    const own = pruned.slice(first, (first += sourcesOf(plannedLayer).filter(({ dense }) => dense > 0).length))
    const integer = sourcesOf(layer)
    const planned = sourcesOf(plannedLayer)
    const weighted = integer.filter((_, at) => elementAt(planned, at).dense > 0)
    return {
      name: layer.name,
      nodes: plannedLayer.nodes,
      dense: sum(own.map(({ dense }) => dense)),
      kept: sum(own.map(({ kept }) => kept)),
      nonZero: sum(weighted.map(({ weights }) => weights.value.length)),
      terms: sum(weighted.map(countTerms)),
      residualTerms: sum(integer.filter(({ role }) => role === 'residual').map(countTerms)),
      quotas: Object.fromEntries(own.filter(({ kept, dense }) => kept < dense).map(({ node, quota }) => [node, quota])),
      energy: Math.min(1, ...own.map(({ energy }) => energy)),
      weightNoise: elementAt(noises, index),
    }
  })
  const dense = sum(layers.map((layer) => layer.dense))
  const share = (part: number): number => (dense === 0 ? 1 : part / dense)
  return {
    density: {
      asked: density,
      kept: share(sum(layers.map(({ kept }) => kept))),
      nonZero: share(sum(layers.map(({ nonZero }) => nonZero))),
    },
    layers,
    maps: mapReports(graph, statistics),
  }
}

function mapReports(graph: IntegerGraph, statistics?: Statistics): MapReport[] {
  const maps = [graph.input, ...graph.layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))]
  return maps.map(({ name, format, scale, zeroPoint }): MapReport => {
    const { low, high } = codeRange(format)
    const real = (code: number): number => scale * (code - zeroPoint)
    const histogram = statistics?.get(name)
    if (histogram === undefined) return { name, format, scale, zeroPoint, min: real(low), max: real(high), clipped: 0 }
    const { min, max } = histogram
    return {
      name,
      format,
      scale,
      zeroPoint,
      min,
      max,
      clipped: histogram.shareAbove((Math.max(high - zeroPoint, zeroPoint) + 1) * scale),
    }
  })
}

const countTerms = ({ weights }: LinearSource): number => termsOfAll(weights)

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
