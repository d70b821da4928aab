// Float and quantised network side by side over the calibration images: what each layer reads in the one, and ought to give by the other.

import type { IntegerMap } from '../../graph/integer.ts'
import { lastUses } from '../../graph/integer.ts'
import { codeRange } from '../../../base/bits.ts'
import { defined, elementAt } from '../../../base/defined.ts'
import { stepRunner } from '../evaluate-plan.ts'
import { layerSamples, ownSources } from '../layer-samples.ts'
import type { FloatPlan, LinearStep, LogitsStep, PlanStep } from '../plan.ts'
import { samplePlaces } from '../samples.ts'
import type { LayerData } from './layer.ts'

interface Image {
  readonly real: Map<string, Float64Array>
  readonly found: Map<string, Float64Array>
}

/** Samples for each column, and the bounds of their number. */
const samplesPerColumn = 4
const fewestSamples = 2048
const mostSamples = 4096

/** The state of both networks between two layers. */
export class NetworkState {
  readonly #plan: FloatPlan
  readonly #lastUse: readonly (readonly string[])[]
  readonly #maps: ReadonlyMap<string, IntegerMap>
  readonly #images: readonly Image[]
  readonly #learning: number

  /**
   * @param maps the grids of all maps
   * @param inputs real values of the input map; from `learning` on they are held out
   */
  constructor(
    plan: FloatPlan,
    maps: ReadonlyMap<string, IntegerMap>,
    inputs: readonly ArrayLike<number>[],
    learning: number,
  ) {
    this.#plan = plan
    this.#lastUse = lastUses(plan.steps, plan.output)
    this.#maps = maps
    this.#learning = learning
    const { name } = plan.input
    this.#images = inputs.map((input) => ({
      real: new Map([[name, Float64Array.from(input)]]),
      found: new Map([[name, onGrid(Float64Array.from(input), defined(maps.get(name)))]]),
    }))
  }

  /** Samples of a layer from the images that are learnt from, or from those held out. */
  samples(index: number, isHeldOut: boolean): LayerData {
    const step = this.#plan.steps[index] as LinearStep | LogitsStep
    const rows = step.bias.length
    const columns = ownSources(step).reduce((sum, { weights }) => sum + weights.columns, 0)
    const images = isHeldOut ? this.#images.slice(this.#learning) : this.#images.slice(0, this.#learning)
    const output =
      step.kind === 'linear' && step.pixels === undefined ? step.output : { channels: rows, height: 1, width: 1 }
    const most = Math.min(mostSamples, Math.max(fewestSamples, samplesPerColumn * columns))
    const places = samplePlaces(images.length, output, most, 2 * index + (isHeldOut ? 1 : 0))
    const found = new Float32Array(places.length * columns)
    const wanted = new Float64Array(places.length * rows)
    let at = 0
    for (const sample of layerSamples(step, this.#maps, places, (image) => elementAt(images, image))) {
      found.set(sample.found, at * columns)
      wanted.set(sample.wanted, at * rows)
      at++
    }
    return { count: places.length, found, wanted }
  }

  /** Runs both networks through a layer and forgets the maps that nobody reads any more. */
  advance(index: number, discrete: PlanStep): void {
    if (discrete.kind === 'logits') return
    const real = stepRunner(elementAt(this.#plan.steps, index), this.#maps)
    const found = stepRunner(discrete, this.#maps)
    const { name } = discrete.output
    for (const image of this.#images) {
      image.real.set(name, real(image.real))
      image.found.set(name, onGrid(found(image.found), defined(this.#maps.get(name))))
      for (const known of elementAt(this.#lastUse, index)) {
        image.real.delete(known)
        image.found.delete(known)
      }
    }
  }
}

/** Real values on a map's grid, in place. */
function onGrid(values: Float64Array, { format, zeroPoint, scale }: IntegerMap): Float64Array {
  const { low, high } = codeRange(format)
  for (let i = 0; i < values.length; i++) {
    const code = Math.round(values[i]! / scale) + zeroPoint
    values[i] = scale * ((code < low ? low : code > high ? high : code) - zeroPoint)
  }
  return values
}
