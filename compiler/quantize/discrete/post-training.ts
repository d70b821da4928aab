// Post-training quantisation: a float model becomes a sparse model with discrete weights as standard QDQ ONNX, layer by layer from calibration inputs.

import { defined, elementAt } from '../../../base/defined.ts'
import { didYouMean } from '../../../base/did-you-mean.ts'
import { counted } from '../../../base/words.ts'
import { DlpError } from '../../../base/error.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import type { FloatGraph, Graph } from '../../graph/graph.ts'
import { withFileNames } from '../../graph/origins.ts'
import { type IntegerMap, sourcesOf } from '../../graph/integer.ts'
import type { Tensor } from '../../graph/tensor.ts'
import { calibrate, chooseMaps, type RangeChoice } from '../calibrate.ts'
import { checkCalibration, checkFinite } from '../check-finite.ts'
import { fuse } from '../fuse.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatLayer, FloatLinearLayer, FloatLogitsLayer, FloatPlan } from '../plan.ts'
import { correctedBias } from './bias.ts'
import { ChannelPowers } from './importance.ts'
import { byAdmm, discretise, type DiscreteLayer, type LayerData, type Method } from './layer.ts'
import { layerWeights, type LayerWeights } from './weight-indices.ts'
import { describeLayer, type LayerQuality } from './quality.ts'
import { chooseMasks, replaceOwn, type Sparsity } from './sparsity.ts'
import { NetworkPair } from './network-pair.ts'
import { weightSets, type WeightSetName } from './weight-sets.ts'
import { writeQdq, type WrittenLayer } from './write-qdq.ts'

export type { LayerQuality }

export interface PostTrainingOptions {
  readonly weights: WeightSetName
  /** The set of the layers that read the image or make the result; absent: int8. */
  readonly ends?: WeightSetName
  /** The sets of single layers, by the name of their node. */
  readonly weightsOf?: Readonly<Record<string, WeightSetName>>
  readonly activationBits: 4 | 8
  readonly ranges?: RangeChoice
  readonly density?: number
  readonly densityOf?: Readonly<Record<string, number>>
  readonly sparsity?: Sparsity
  /** For the sparsity `scheduled`. */
  readonly machine: Machine
  /** Inputs [1, channels, height, width]; some are held out to check biases and to measure layers. */
  readonly calibration: readonly Tensor[]
  /** The method that finds a layer's integers; absent: ADMM. */
  readonly method?: Method
  readonly progress?: (stage: string, done: number, all: number) => void
}

export interface PostTraining {
  /** The QDQ model. */
  readonly graph: Graph
  readonly layers: readonly LayerQuality[]
  /** Share of weights that are not zero. */
  readonly density: number
}

/** One of this many inputs is held out. */
const heldOutOf = 4

/**
 * Quantises a graph that `simplify` has made simple.
 *
 * @throws DlpError for a model that no machine can run, missing or invalid calibration inputs, and densities or names that do not fit
 */
export function quantizeAfterTraining(float: FloatGraph, options: PostTrainingOptions): PostTraining {
  return withFileNames(float.origins, () => quantised(float, options))
}

/** What all layers have in common. */
interface Context {
  readonly float: FloatGraph
  readonly plan: FloatPlan
  /** the grids of all maps */
  readonly maps: ReadonlyMap<string, IntegerMap>
  readonly options: PostTrainingOptions
}

function quantised(float: FloatGraph, options: PostTrainingOptions): PostTraining {
  const { activationBits, calibration, progress } = options
  checkInputs(calibration)
  checkFinite(float)
  const fuseOptions = { separateConvolutions: true }
  const plan = fuse(float, fuseOptions)
  const layers = layerWeights(float, fuseOptions)
  checkNames(layers, options)
  const powers = new ChannelPowers(plan)
  const statistics = calibrate(
    plan,
    calibration,
    (done, all) => progress?.('calibrate', done, all),
    (name, values) => powers.add(name, values),
  )
  const maps = inFloat32(chooseMaps(plan, statistics, activationBits, options.ranges ?? 'least error'))
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
  const networks = new NetworkPair(plan, maps, inputs, calibration.length - held)
  const written: WrittenLayer[] = []
  const qualities: LayerQuality[] = []
  for (const [index, planned] of plan.layers.entries()) {
    const weights = layers.get(index)
    if (planned.kind === 'maxPool' || weights === undefined) networks.advance(index, planned)
    else {
      const samples = { fitting: networks.samples(index, false), heldOut: networks.samples(index, true) }
      const context = { float, plan, maps, options }
      const layer = quantisedLayer(context, planned, weights, defined(masks.get(index)), samples)
      networks.advance(index, layer.replaced)
      written.push(layer.written)
      qualities.push(layer.quality)
    }
    progress?.('quantize', index + 1, plan.layers.length)
  }
  const dense = qualities.reduce((sum, { weights }) => sum + weights, 0)
  const kept = qualities.reduce((sum, { nonZeros }) => sum + nonZeros, 0)
  return { graph: writeQdq(float, plan, maps, written), layers: qualities, density: kept / Math.max(1, dense) }
}

interface QuantisedLayer {
  readonly written: WrittenLayer
  /** the planned layer with its discrete weights and rounded bias */
  readonly replaced: FloatLayer
  readonly quality: LayerQuality
}

/** @param mask [rows × columns] 1 where a weight may be other than 0 */
function quantisedLayer(
  { float, plan, maps, options }: Context,
  planned: FloatLinearLayer | FloatLogitsLayer,
  weights: LayerWeights,
  mask: Uint8Array,
  { fitting, heldOut }: { readonly fitting: LayerData; readonly heldOut: LayerData },
): QuantisedLayer {
  const name = weightSetOf(plan, planned, weights.node, options)
  const mapScale = defined(maps.get(elementAt(ownSources(planned), 0).map)).scale
  const { method = byAdmm } = options
  const shortcuts = shortcutsOf(planned, maps, mapScale)
  const found = discretise(weights, mask, weightSets[name], fitting, { method, shortcuts })
  const discrete = withLeastScales(found, planned.bias, mapScale)
  const corrected = correctedBias(weights, discrete, planned.bias, fitting, heldOut)
  // The file holds the node's bias; the rest of the layer's bias stems from other nodes, which the file holds in float.
  const nodeBias = biasOfNode(float, weights.node, planned.bias.length)
  const biasScale = discrete.scale.map((scale) => Math.fround(scale * mapScale))
  const biasCodes = Int32Array.from(corrected, (value, row) =>
    Math.round((value - planned.bias[row]! + nodeBias[row]!) / biasScale[row]!),
  )
  const bias = corrected.map((_, row) => biasCodes[row]! * biasScale[row]! + planned.bias[row]! - nodeBias[row]!)
  const values = Float64Array.from(
    discrete.codes,
    (code, at) => code * discrete.scale[Math.floor(at / weights.columns)]!,
  )
  return {
    written: { weights, discrete, bias: biasCodes, biasScale },
    replaced: { ...replaceOwn(planned, weights.columns, values), bias },
    quality: describeLayer({ weights, name, discrete, bias, mask, heldOut, fitting }),
  }
}

/** [rows] The scale of the row's widest shortcut relative to the scale of the layer's own inputs. */
function shortcutsOf(
  planned: FloatLinearLayer | FloatLogitsLayer,
  maps: ReadonlyMap<string, IntegerMap>,
  mapScale: number,
): readonly (number | undefined)[] {
  return Array.from(planned.bias, (_, row) => {
    const ratios = sourcesOf(planned).flatMap(({ dense, map, weights: { rowStart, value } }) =>
      dense > 0
        ? []
        : Array.from(
            value.subarray(rowStart[row], rowStart[row + 1]),
            (weight) => (Math.abs(weight) * defined(maps.get(map)).scale) / mapScale,
          ),
    )
    return ratios.length === 0 ? undefined : Math.max(...ratios)
  })
}

function weightSetOf(
  plan: FloatPlan,
  planned: FloatLinearLayer | FloatLogitsLayer,
  node: string,
  { weights, ends = 'int8', weightsOf = {} }: PostTrainingOptions,
): WeightSetName {
  const own = Object.hasOwn(weightsOf, node) ? weightsOf[node] : undefined
  if (own !== undefined) return own
  const isEnd = planned.kind === 'logits' || ownSources(planned).some(({ map }) => map === plan.input.name)
  return isEnd ? ends : weights
}

/** The least normal number of float32; a map of smaller scale is 0. */
const leastScale = 2 ** -126

/** The maps with scales rounded to float32, as the file holds them. */
function inFloat32(maps: ReadonlyMap<string, IntegerMap>): ReadonlyMap<string, IntegerMap> {
  return new Map(
    [...maps].map(([name, map]) => [name, { ...map, scale: Math.max(Math.fround(map.scale), leastScale) }]),
  )
}

/** Raises the scales of rows with nearly no weights, which become 0, so that biases stay below 2^30 and scales are normal numbers. */
function withLeastScales({ codes, scale }: DiscreteLayer, bias: Float64Array, mapScale: number): DiscreteLayer {
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

function biasOfNode(graph: FloatGraph, name: string, rows: number): Float64Array {
  const input = defined(graph.nodes.find((node) => node.name === name)).inputs[2] ?? ''
  const bias = graph.constants.get(input)
  return Float64Array.from({ length: rows }, (_, row) => bias?.data[bias.size === 1 ? 0 : row] ?? 0)
}

function checkInputs(calibration: readonly Tensor[]): void {
  checkCalibration(calibration)
  if (calibration.length < 2)
    throw new DlpError({
      where: 'calibration',
      what: counted(calibration.length, 'input'),
      allowed: 'at least 2: one to learn from, one to judge by; 32 to 128 are usual',
      help: 'give more pictures',
    })
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
