// The float and the quantised network, evaluated layer by layer on the calibration images: the layer's inputs by the one, its target outputs by the other.

import { codeRange } from '../../../base/bits.ts'
import { defined, elementAt } from '../../../base/defined.ts'
import type { IntegerMap } from '../../graph/integer.ts'
import { lastUses } from '../../graph/integer.ts'
import { floatLayerRunner } from '../evaluate-plan.ts'
import { layerSamples, ownSources, samplePixels } from '../layer-samples.ts'
import type { FloatLayer, FloatLinearLayer, FloatLogitsLayer, FloatPlan } from '../plan.ts'
import type { LayerData } from './layer.ts'

/** Real values of the maps of one image in both networks. */
interface Image {
  readonly float: Map<string, Float64Array>
  readonly quantised: Map<string, Float64Array>
}

/** Samples for each column, and the bounds of their number. */
const samplesPerColumn = 4
const leastSamples = 2048
const mostSamples = 4096

/** Both networks on all calibration images, between two layers. */
export class NetworkPair {
  readonly #plan: FloatPlan
  readonly #lastUse: readonly (readonly string[])[]
  readonly #maps: ReadonlyMap<string, IntegerMap>
  readonly #images: readonly Image[]
  readonly #fittingImages: number

  /**
   * @param maps the grids of all maps
   * @param inputs real values of the input map
   * @param fittingImages the number of inputs to which layers are fitted; the others are held out
   */
  constructor(
    plan: FloatPlan,
    maps: ReadonlyMap<string, IntegerMap>,
    inputs: readonly ArrayLike<number>[],
    fittingImages: number,
  ) {
    this.#plan = plan
    this.#lastUse = lastUses(plan.layers, plan.output)
    this.#maps = maps
    this.#fittingImages = fittingImages
    const { name } = plan.input
    this.#images = inputs.map((input) => ({
      float: new Map([[name, Float64Array.from(input)]]),
      quantised: new Map([[name, roundToGrid(Float64Array.from(input), defined(maps.get(name)))]]),
    }))
  }

  /** Samples of a layer from the images for fitting, or from those held out. */
  samples(index: number, isHeldOut: boolean): LayerData {
    const layer = this.#plan.layers[index] as FloatLinearLayer | FloatLogitsLayer
    const rows = layer.bias.length
    const columns = ownSources(layer).reduce((sum, { weights }) => sum + weights.columns, 0)
    const images = isHeldOut ? this.#images.slice(this.#fittingImages) : this.#images.slice(0, this.#fittingImages)
    const output =
      layer.kind === 'linear' && layer.pixels === undefined ? layer.output : { channels: rows, height: 1, width: 1 }
    const most = Math.min(mostSamples, Math.max(leastSamples, samplesPerColumn * columns))
    const pixels = samplePixels(images.length, output, most, 2 * index + (isHeldOut ? 1 : 0))
    const inputs = new Float32Array(pixels.length * columns)
    const targets = new Float64Array(pixels.length * rows)
    let at = 0
    for (const sample of layerSamples(layer, this.#maps, pixels, (image) => elementAt(images, image))) {
      inputs.set(sample.inputs, at * columns)
      targets.set(sample.target, at * rows)
      at++
    }
    return { count: pixels.length, inputs, targets }
  }

  /** Evaluates a layer in both networks, and drops the maps that no later layer reads. */
  advance(index: number, discrete: FloatLayer): void {
    if (discrete.kind === 'logits') return
    const runFloat = floatLayerRunner(elementAt(this.#plan.layers, index), this.#maps)
    const runQuantised = floatLayerRunner(discrete, this.#maps)
    const { name } = discrete.output
    for (const image of this.#images) {
      image.float.set(name, runFloat(image.float))
      image.quantised.set(name, roundToGrid(runQuantised(image.quantised), defined(this.#maps.get(name))))
      for (const unused of elementAt(this.#lastUse, index)) {
        image.float.delete(unused)
        image.quantised.delete(unused)
      }
    }
  }
}

/** Rounds real values to a map's grid, in place. */
function roundToGrid(values: Float64Array, { format, zeroPoint, scale }: IntegerMap): Float64Array {
  const { low, high } = codeRange(format)
  for (let i = 0; i < values.length; i++) {
    const code = Math.round(values[i]! / scale) + zeroPoint
    values[i] = scale * ((code < low ? low : code > high ? high : code) - zeroPoint)
  }
  return values
}
