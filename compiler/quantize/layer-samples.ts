// Samples of a layer: at chosen output pixels, what the quantised network feeds the layer, and the output that the float network requires.

import { random } from '../../base/random.ts'
import { defined } from '../../base/defined.ts'
import type { Extents, TapGeometry } from '../graph/evaluate-integer-taps.ts'
import { sourcesOf } from '../graph/integer.ts'
import { addProduct } from '../kernels/product.ts'
import type { FloatLinearLayer, FloatLogitsLayer, FloatRows, FloatSource, PlannedMap } from './plan.ts'

/** One output pixel of one calibration image. */
export interface SamplePixel {
  readonly image: number
  readonly y: number
  readonly x: number
}

/** One image in both networks: real values of the maps that a layer reads. */
export interface ImageState {
  readonly float: ReadonlyMap<string, ArrayLike<number>>
  readonly quantised: ReadonlyMap<string, ArrayLike<number>>
}

export interface LayerSample {
  /** [columns] of all sources with weights of their own, as the quantised network feeds them */
  readonly inputs: Float64Array
  /** [rows] the float network's sums, less those that sources without weights make in the quantised network */
  readonly target: Float64Array
}

/** Samples that are multiplied together. */
const batchSize = 128

/** Rows with a smaller share of non-zero weights than this, or with more weights in all, are multiplied one by one. */
const leastDenseShare = 1 / 8
const mostDense = 2 ** 24

/** The sources of a layer that have weights of their own, in order; their columns form one list. */
export function ownSources(layer: FloatLinearLayer | FloatLogitsLayer): readonly FloatSource[] {
  return sourcesOf(layer).filter(({ dense }) => dense > 0)
}

/** At most `count` output pixels, spread evenly over all images; each is drawn at random from an equal share of them. */
export function samplePixels(images: number, output: Extents, count: number, seed: number): readonly SamplePixel[] {
  const uniform = random(seed)
  const pixels = output.height * output.width
  const all = images * pixels
  const taken = Math.min(count, all)
  return Array.from({ length: taken }, (_, i) => {
    const at = taken === all ? i : Math.floor(((i + uniform()) * all) / taken)
    const pixel = at % pixels
    return { image: Math.floor(at / pixels), y: Math.floor(pixel / output.width), x: pixel % output.width }
  })
}

/**
 * The samples of a layer, pixel by pixel; the arrays are overwritten later.
 *
 * @param layer with all its weights
 * @param stateOf an image by its number; called only when the number changes
 */
export function* layerSamples(
  layer: FloatLinearLayer | FloatLogitsLayer,
  maps: ReadonlyMap<string, PlannedMap>,
  pixels: readonly SamplePixel[],
  stateOf: (image: number) => ImageState,
): Generator<LayerSample> {
  const rows = layer.bias.length
  const columns = ownSources(layer).reduce((sum, { weights }) => sum + weights.columns, 0)
  const inputs = new Float64Array(batchSize * columns)
  const targets = new Float64Array(batchSize * rows)
  const isMean = layer.pixels !== undefined && layer.pixels > 1
  const parts = sourcesOf(layer).map((source) => ({
    source,
    map: defined(maps.get(source.map)),
    multiply: multiplierOf(source.weights),
    gather: source.dense > 0 && isMean ? gatherMeans : gatherColumns,
    /** [batch × columns] inputs by the float network, from which those of a source without weights are subtracted */
    float: new Float64Array(batchSize * source.weights.columns),
  }))
  let current = -1
  let state: ImageState | undefined
  for (let first = 0; first < pixels.length; first += batchSize) {
    const batch = pixels.slice(first, first + batchSize)
    for (const [at, pixel] of batch.entries()) {
      if (state === undefined || pixel.image !== current) state = stateOf(pixel.image)
      current = pixel.image
      let column = at * columns
      for (const { source, map, gather, float } of parts) {
        const width = source.weights.columns
        const quantisedMap = defined(state.quantised.get(source.map))
        gather(source, map, defined(state.float.get(source.map)), pixel, float, at * width)
        if (source.dense > 0) {
          gather(source, map, quantisedMap, pixel, inputs, column)
          column += width
          continue
        }
        const quantised = new Float64Array(width)
        gather(source, map, quantisedMap, pixel, quantised, 0)
        for (let i = 0; i < width; i++) float[at * width + i]! -= quantised[i]!
      }
    }
    for (let at = 0; at < batch.length; at++) targets.set(layer.bias, at * rows)
    for (const { multiply, float } of parts) multiply(float, batch.length, targets)
    for (let at = 0; at < batch.length; at++)
      yield {
        inputs: inputs.subarray(at * columns, (at + 1) * columns),
        target: targets.subarray(at * rows, (at + 1) * rows),
      }
  }
}

/**
 * Writes what the columns of a source read at a pixel to `into`, from index `at`; padding reads 0.
 *
 * @param values real values [channels, height, width] of the source's map
 */
export function gatherColumns(
  { kernel, stride, pads, dilation }: TapGeometry,
  map: Extents,
  values: ArrayLike<number>,
  { y, x }: SamplePixel,
  into: Float64Array,
  at: number,
): void {
  let to = at
  for (let channel = 0; channel < map.channels; channel++)
    for (let ky = 0; ky < kernel[0]; ky++) {
      const row = y * stride[0] + ky * dilation[0] - pads[0]
      const from = (channel * map.height + row) * map.width
      for (let kx = 0; kx < kernel[1]; kx++) {
        const column = x * stride[1] + kx * dilation[1] - pads[1]
        const isInside = row >= 0 && row < map.height && column >= 0 && column < map.width
        into[to++] = isInside ? values[from + column]! : 0
      }
    }
}

/** The same for a global average, whose columns read the mean of each channel. */
function gatherMeans(
  _: TapGeometry,
  map: Extents,
  values: ArrayLike<number>,
  __: SamplePixel,
  into: Float64Array,
  at: number,
): void {
  const pixels = map.height * map.width
  for (let channel = 0; channel < map.channels; channel++) {
    let sum = 0
    for (let i = channel * pixels; i < (channel + 1) * pixels; i++) sum += values[i]!
    into[at + channel] = sum / pixels
  }
}

/** Adds the products of rows with samples [count × columns] to sums [count × rows]. */
type Multiplier = (samples: Float64Array, count: number, sums: Float64Array) => void

function multiplierOf(weights: FloatRows): Multiplier {
  const { rows, columns, rowStart, column, value } = weights
  if (value.length < leastDenseShare * rows * columns || rows * columns > mostDense)
    return (samples, count, sums) => {
      for (let at = 0; at < count; at++)
        addProducts(weights, samples, at * columns, sums.subarray(at * rows, (at + 1) * rows))
    }
  const dense = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) dense[row * columns + column[i]!] = value[i]!
  return (samples, count, sums) => {
    const products = new Float64Array(count * rows)
    const operand = (values: Float64Array) => ({ values, step: columns, depthStep: 1 })
    addProduct(products, { rows: count, columns: rows, depth: columns }, operand(samples), operand(dense))
    for (let at = 0; at < products.length; at++) sums[at]! += products[at]!
  }
}

/** Adds every row's product with one sample to `sums`. */
function addProducts(weights: FloatRows, sample: Float64Array, at: number, sums: Float64Array): void {
  const { rows, rowStart, column, value } = weights
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) sum += value[i]! * sample[at + column[i]!]!
    sums[row]! += sum
  }
}
