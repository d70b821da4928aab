// Quantisation after training: a float model becomes a sparse discrete one as standard QDQ ONNX, layer by layer from calibration data.

import { defined, elementAt } from '../../../base/defined.ts'
import { didYouMean } from '../../../base/did-you-mean.ts'
import { counted } from '../../../base/words.ts'
import { DlpError } from '../../../base/error.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import type { FloatGraph, Graph } from '../../graph/graph.ts'
import { inWordsOfFile } from '../../graph/origins.ts'
import { type IntegerMap, sourcesOf } from '../../graph/integer.ts'
import type { Tensor } from '../../graph/tensor.ts'
import { calibrate, chooseMaps, type RangeChoice } from '../calibrate.ts'
import { checkCalibration, checkFinite } from '../check-finite.ts'
import { fuse } from '../fuse.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatPlan, LinearStep, LogitsStep } from '../plan.ts'
import { correctedBias } from './bias.ts'
import { ChannelPowers } from './importance.ts'
import { byAdmm, discretise, type DiscreteLayer, type Method } from './layer.ts'
import { layerWeights, type LayerWeights } from './positions.ts'
import { describeLayer, type LayerQuality } from './quality.ts'
import { chooseMasks, replaceOwn, type Sparsity } from './sparsity.ts'
import { NetworkState } from './walk.ts'
import { weightSets, type WeightSetName } from './weight-sets.ts'
import { writeQdq, type WrittenLayer } from './write-qdq.ts'

export type { LayerQuality }

export interface PostTrainingOptions {
  readonly weights: WeightSetName
  /** The set of the layers that read the image or give the result; absent: int8. */
  readonly ends?: WeightSetName
  /** Sets of single layers, by the name of their node. */
  readonly weightsOf?: Readonly<Record<string, WeightSetName>>
  readonly activationBits: 4 | 8
  readonly ranges?: RangeChoice
  readonly density?: number
  readonly densityOf?: Readonly<Record<string, number>>
  readonly sparsity?: Sparsity
  /** For `scheduled`. */
  readonly machine: Machine
  /** Inputs [1, channels, height, width]; some of them are held out to judge biases and layers. */
  readonly calibration: readonly Tensor[]
  /** How a layer's integers are found; absent: by ADMM. */
  readonly method?: Method
  readonly progress?: (stage: string, done: number, all: number) => void
}

export interface PostTraining {
  /** QDQ ONNX as a graph. */
  readonly graph: Graph
  readonly layers: readonly LayerQuality[]
  /** Share of weights that are not zero. */
  readonly density: number
}

/** Of so many inputs one is held out. */
const heldOutOf = 4

/**
 * Quantises a graph that `simplify` has made simple.
 *
 * @throws DlpError for a model that no machine can run, missing or unfit calibration inputs, densities or names that do not fit
 */
export function quantizeAfterTraining(float: FloatGraph, options: PostTrainingOptions): PostTraining {
  return inWordsOfFile(float.origins, () => quantised(float, options))
}

function quantised(float: FloatGraph, options: PostTrainingOptions): PostTraining {
  const { activationBits, calibration, method = byAdmm, progress } = options
  checkCalibration(calibration)
  if (calibration.length < 2)
    throw new DlpError({
      where: 'calibration',
      what: counted(calibration.length, 'input'),
      allowed: 'at least 2: one to learn from, one to judge by; 32 to 128 are usual',
      help: 'give more pictures',
    })
  checkFinite(float)
  const fused = { separate: true }
  const plan = fuse(float, fused)
  const layers = layerWeights(float, fused)
  checkNames(layers, options)
  const powers = new ChannelPowers(plan)
  const statistics = calibrate(
    plan,
    calibration,
    (done, all) => progress?.('calibrate', done, all),
    (name, values) => powers.add(name, values),
  )
  const maps = singlePrecision(chooseMaps(plan, statistics, activationBits, options.ranges ?? 'least error'))
  const masks = chooseMasks(plan, layers, powers.result(), {
    sparsity: options.sparsity ?? 'free',
    density: options.density ?? 1,
    densityOf: options.densityOf ?? {},
    machine: options.machine,
    weightBits: options.weights === 'int8' ? 8 : 4,
    activationBits,
    progress: (done, all) => progress?.('prune', done, all),
  })
  const held = Math.max(1, Math.floor(calibration.length / heldOutOf))
  const inputs = calibration.map(({ data }) => data)
  const walk = new NetworkState(plan, maps, inputs, calibration.length - held)
  const written: WrittenLayer[] = []
  const qualities: LayerQuality[] = []
  for (const [index, step] of plan.steps.entries()) {
    const weights = layers.get(index)
    if (step.kind === 'maxPool' || weights === undefined) {
      walk.advance(index, step)
      progress?.('quantize', index + 1, plan.steps.length)
      continue
    }
    const name = setOf(plan, step, weights.node, options)
    const mask = defined(masks.get(index))
    const learnt = walk.samples(index, false)
    const heldOut = walk.samples(index, true)
    const mapScale = defined(maps.get(elementAt(ownSources(step), 0).map)).scale
    const shortcuts = shortcutsOf(step, maps, mapScale)
    const found = discretise(weights, mask, weightSets[name], learnt, { method, shortcuts })
    const discrete = floored(found, step.bias, mapScale)
    const bias = correctedBias(weights, discrete, step.bias, learnt, heldOut)
    const unit = discrete.scale.map((scale) => Math.fround(scale * mapScale))
    const own = nodeBias(float, weights.node, step.bias.length)
    const biasCodes = Int32Array.from(bias, (value, row) =>
      Math.round((value - step.bias[row]! + own[row]!) / unit[row]!),
    )
    const real = bias.map((_, row) => biasCodes[row]! * unit[row]! + step.bias[row]! - own[row]!)
    const values = Float64Array.from(
      discrete.codes,
      (code, at) => code * discrete.scale[Math.floor(at / weights.columns)]!,
    )
    written.push({ weights, discrete, bias: biasCodes, biasUnit: unit })
    walk.advance(index, { ...replaceOwn(step, weights.columns, values), bias: real })
    qualities.push(describeLayer({ step, weights, name, discrete, bias: real, mask, heldOut, learnt }))
    progress?.('quantize', index + 1, plan.steps.length)
  }
  const dense = qualities.reduce((sum, { weights }) => sum + weights, 0)
  const kept = qualities.reduce((sum, { nonZeros }) => sum + nonZeros, 0)
  return { graph: writeQdq(float, plan, maps, written), layers: qualities, density: kept / Math.max(1, dense) }
}

/** [rows] What code 1 of the widest shortcut stands for, in those of the layer's own inputs. */
function shortcutsOf(
  step: LinearStep | LogitsStep,
  maps: ReadonlyMap<string, IntegerMap>,
  mapScale: number,
): readonly (number | undefined)[] {
  return Array.from(step.bias, (_, row) => {
    const units = sourcesOf(step).flatMap(({ dense, map, weights: { rowStart, value } }) =>
      dense > 0
        ? []
        : Array.from(
            value.subarray(rowStart[row], rowStart[row + 1]),
            (weight) => (Math.abs(weight) * defined(maps.get(map)).scale) / mapScale,
          ),
    )
    return units.length === 0 ? undefined : Math.max(...units)
  })
}

function setOf(
  plan: FloatPlan,
  step: LinearStep | LogitsStep,
  node: string,
  { weights, ends = 'int8', weightsOf = {} }: PostTrainingOptions,
): WeightSetName {
  const own = Object.hasOwn(weightsOf, node) ? weightsOf[node] : undefined
  if (own !== undefined) return own
  const isEnd = step.kind === 'logits' || ownSources(step).some(({ map }) => map === plan.input.name)
  return isEnd ? ends : weights
}

/** The least normal number of float32: what lies below it in a map is 0. */
const leastScale = 2 ** -126

/** Files hold scales as float32: the same numbers are used here. */
function singlePrecision(maps: ReadonlyMap<string, IntegerMap>): ReadonlyMap<string, IntegerMap> {
  return new Map(
    [...maps].map(([name, map]) => [name, { ...map, scale: Math.max(Math.fround(map.scale), leastScale) }]),
  )
}

/** Scales of rows that hold next to nothing are floored, so that biases stay below 2^30 and scales are normal numbers. */
function floored({ codes, scale }: DiscreteLayer, bias: Float64Array, mapScale: number): DiscreteLayer {
  const columns = codes.length / scale.length
  const floors = bias.map((value) => Math.max((2 * Math.abs(value)) / (2 ** 30 * mapScale), 2 ** -100 / mapScale))
  const kept = codes.slice()
  const scales = scale.map((value, row) => {
    if (value >= floors[row]!) return Math.fround(value)
    kept.fill(0, row * columns, (row + 1) * columns)
    return Math.fround(Math.max(floors[row]!, 2 ** -30))
  })
  return { codes: kept, scale: scales }
}

function nodeBias(graph: FloatGraph, name: string, rows: number): Float64Array {
  const input = defined(graph.nodes.find((node) => node.name === name)).inputs[2] ?? ''
  const bias = graph.constants.get(input)
  return Float64Array.from({ length: rows }, (_, row) => bias?.data[bias.size === 1 ? 0 : row] ?? 0)
}

function checkNames(
  layers: ReadonlyMap<number, LayerWeights>,
  { densityOf = {}, weightsOf = {} }: PostTrainingOptions,
): void {
  const names = [...layers.values()].map(({ node }) => node)
  for (const name of [...Object.keys(densityOf), ...Object.keys(weightsOf)])
    if (!names.includes(name))
      throw new DlpError({
        where: `layer '${name}'`,
        what: 'no layer has this name',
        allowed: names.join(', '),
        help: didYouMean(name, names),
      })
}
