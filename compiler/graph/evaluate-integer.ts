// The oracle: evaluates an integer graph in exact integer arithmetic, with sparse rows and dense maps.

import { codeRange } from '../../base/bits.ts'
import { defined, elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { prepareLinear, requantised, runLinear } from './evaluate-integer-linear.ts'
import { lastUses } from './integer.ts'
import type { RelayoutLayer, IntegerGraph, IntegerLayer, IntegerMap, LogitsLayer, MaxPoolLayer } from './integer.ts'
import { verifyInteger } from './verify-integer.ts'

export interface IntegerResult {
  /** [rows] of the logits layer, where the graph ends in one */
  readonly logits?: Int32Array
  /** Codes [channels, height, width] of the output map, where the graph ends in one; of every map with `keep`. */
  readonly maps: ReadonlyMap<string, Int16Array>
}

export interface IntegerOptions {
  /** Return every map, not only the output. */
  readonly keep?: boolean
}

/** Evaluates a graph on one image per call. */
export type IntegerEvaluator = (input: Int16Array | Uint8Array, options?: IntegerOptions) => IntegerResult

/**
 * Evaluates an integer graph on one image. For several images, create one `integerEvaluator`.
 *
 * @param input codes [channels, height, width] of the graph's input map
 * @throws DlpError if the graph breaks a law, the input does not fit, or a sum leaves int32
 */
export function evaluateInteger(
  graph: IntegerGraph,
  input: Int16Array | Uint8Array,
  options?: IntegerOptions,
): IntegerResult {
  return integerEvaluator(graph)(input, options)
}

/**
 * Checks a graph and prepares its weights once.
 *
 * @throws DlpError if the graph breaks a law; the evaluator throws if an input does not fit or a sum leaves int32
 */
export function integerEvaluator(graph: IntegerGraph): IntegerEvaluator {
  const maps = verifyInteger(graph)
  const runners = graph.layers.map((layer) => (layer.kind === 'logits' ? undefined : layerRunner(layer, maps)))
  const lastUse = lastUses(graph.layers, graph.output)
  return (input, options = {}) => {
    const values = new Map<string, Int16Array>([[graph.input.name, inputCodes(graph.input, input)]])
    let logits: Int32Array | undefined
    for (const [index, layer] of graph.layers.entries()) {
      if (layer.kind !== 'logits') values.set(layer.output.name, defined(runners[index])(values))
      else {
        const sums = pixelSums(layer, defined(maps.get(layer.source.map)), defined(values.get(layer.source.map)))
        if (layer.name === graph.output) logits = sums
      }
      if (options.keep !== true) for (const name of elementAt(lastUse, index)) values.delete(name)
    }
    return { logits, maps: values }
  }
}

/** Computes the codes of one layer's output map from those of its sources. */
export type LayerRunner = (values: ReadonlyMap<string, Int16Array>) => Int16Array

/**
 * Prepares one layer.
 *
 * @param maps the maps that the layer reads, by name
 */
export function layerRunner(
  layer: Exclude<IntegerLayer, LogitsLayer>,
  maps: ReadonlyMap<string, IntegerMap>,
): LayerRunner {
  if (layer.kind === 'maxPool')
    return (values) => maxPool(layer, defined(maps.get(layer.source)), defined(values.get(layer.source)))
  if (layer.kind === 'relayout')
    return (values) => relayout(layer, defined(maps.get(layer.source)), defined(values.get(layer.source)))
  if (layer.overPixels === true) {
    const [source] = elements(layer.sources, 1)
    const map = defined(maps.get(source.map))
    return (values) => {
      const sums = pixelSums({ name: layer.name, source, bias: layer.bias }, map, defined(values.get(map.name)))
      return Int16Array.from(sums, (sum, row) => requantised(layer, row, sum))
    }
  }
  const prepared = prepareLinear(layer, maps)
  return (values) => runLinear(prepared, values)
}

function inputCodes(map: IntegerMap, input: Int16Array | Uint8Array): Int16Array {
  const where = `input '${map.name}'`
  const size = map.channels * map.height * map.width
  if (input.length !== size)
    throw new DlpError({
      where,
      what: `${input.length} codes`,
      allowed: `${size} codes, [${map.channels}, ${map.height}, ${map.width}]`,
    })
  const { low, high } = codeRange(map.format)
  const codes = Int16Array.from(input)
  const wrong = codes.find((code) => code < low || code > high)
  if (wrong !== undefined) throw new DlpError({ where, what: `the code ${wrong}`, allowed: `${low} to ${high}` })
  return codes
}

function maxPool(layer: MaxPoolLayer, source: IntegerMap, codes: Int16Array): Int16Array {
  const { channels, height, width } = layer.output
  const [kernelHeight, kernelWidth] = layer.kernel
  const [strideY, strideX] = layer.stride
  const [top, left] = layer.pads
  const result = new Int16Array(channels * height * width)
  let at = 0
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * source.height * source.width
    for (let y = 0; y < height; y++) {
      const fromY = Math.max(0, y * strideY - top)
      const toY = Math.min(source.height, y * strideY - top + kernelHeight)
      for (let x = 0; x < width; x++) {
        const fromX = Math.max(0, x * strideX - left)
        const toX = Math.min(source.width, x * strideX - left + kernelWidth)
        let most = -32768
        for (let row = fromY; row < toY; row++)
          for (let i = plane + row * source.width + fromX, end = i + toX - fromX; i < end; i++)
            if (codes[i]! > most) most = codes[i]!
        result[at++] = most
      }
    }
  }
  return result
}

function relayout({ stride, offset, output }: RelayoutLayer, source: IntegerMap, codes: Int16Array): Int16Array {
  const { channels, height, width } = output
  const result = new Int16Array(channels * height * width).fill(source.zeroPoint)
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++) {
      const row = stride[0] * y + offset[0]
      if (row < 0 || row >= source.height) continue
      for (let x = 0; x < width; x++) {
        const column = stride[1] * x + offset[1]
        if (column < 0 || column >= source.width) continue
        result[(channel * height + y) * width + x] = codes[(channel * source.height + row) * source.width + column]!
      }
    }
  return result
}

type PixelSum = Pick<LogitsLayer, 'name' | 'source' | 'bias'>

/** The sums of each row over all pixels. Each column is summed over the pixels first, which is exact for integers. */
function pixelSums(layer: PixelSum, source: IntegerMap, codes: Int16Array): Int32Array {
  const { weights } = layer.source
  const columns = columnSums(layer, source, codes)
  const logits = new Int32Array(weights.rows)
  for (let row = 0; row < weights.rows; row++) {
    let sum = layer.bias[row]!
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
      sum += weights.value[i]! * columns[weights.column[i]!]!
    if (sum !== (sum | 0))
      throw new DlpError({
        where: `layer '${layer.name}', row ${row}`,
        what: `the sum ${sum} does not fit int32`,
        help: 'use fewer weight bits, or a lower density',
      })
    logits[row] = sum
  }
  return logits
}

/** [columns] sum over all output pixels of the code that the column reads; padding reads the zero point. */
function columnSums(
  { source: { kernel, stride, pads, dilation } }: PixelSum,
  map: IntegerMap,
  codes: Int16Array,
): Float64Array {
  const height = outputExtent(map.height, kernel[0], stride[0], pads[0], dilation[0])
  const width = outputExtent(map.width, kernel[1], stride[1], pads[1], dilation[1])
  const sums = new Float64Array(map.channels * kernel[0] * kernel[1])
  let column = 0
  for (let channel = 0; channel < map.channels; channel++)
    for (let ky = 0; ky < kernel[0]; ky++)
      for (let kx = 0; kx < kernel[1]; kx++, column++)
        for (let y = 0; y < height; y++) {
          const row = y * stride[0] + ky * dilation[0] - pads[0]
          for (let x = 0; x < width; x++) {
            const at = x * stride[1] + kx * dilation[1] - pads[1]
            const inside = row >= 0 && row < map.height && at >= 0 && at < map.width
            sums[column]! += inside ? codes[(channel * map.height + row) * map.width + at]! : map.zeroPoint
          }
        }
  return sums
}

/** The number of window positions of a logits layer along an axis: there is no padding below or to the right. */
function outputExtent(extent: number, kernel: number, stride: number, pad: number, dilation: number): number {
  return Math.floor((extent + pad - dilation * (kernel - 1) - 1) / stride) + 1
}
