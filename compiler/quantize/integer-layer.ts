// A planned layer as a layer of the integer graph, once its rows are integers: the same for scales that calibration chose and for those of a quantised model.

import { elementAt } from '../../base/defined.ts'
import type { IntegerMap, LinearLayer, LinearSource, LogitsLayer, MaxPoolLayer } from '../graph/integer.ts'
import type { FloatSource, FloatLinearLayer, FloatLogitsLayer, FloatMaxPoolLayer } from './plan.ts'
import type { RequantiserParameters } from './requantiser.ts'

/** The rows of a layer in integers. */
export interface IntegerRows {
  readonly sources: readonly LinearSource[]
  /** [rows] */
  readonly bias: Int32Array
  /** [rows] real value of a 1 in a row's accumulator */
  readonly accumulatorScale: Float64Array
}

/** [rows] the biases of a layer's sums: for a mean over pixels, the biases times their number. */
export const summedBias = ({ bias, pixels = 1 }: FloatLinearLayer | FloatLogitsLayer): Float64Array =>
  bias.map((value) => value * pixels)

/** The output scale for a layer's sums: a sum over n pixels is their mean if the scale of the output is taken n times. */
export const summedScale = ({ pixels = 1 }: FloatLinearLayer, { scale }: IntegerMap): number => scale * pixels

/** @param bounds least and greatest code */
export function linearLayer(
  planned: FloatLinearLayer,
  { sources, bias }: IntegerRows,
  requantisers: readonly RequantiserParameters[],
  { low, high }: Pick<LinearLayer, 'low' | 'high'>,
  output: IntegerMap,
): LinearLayer {
  const even = Uint8Array.from(requantisers, (each) => each.even)
  return {
    kind: 'linear',
    name: planned.name,
    ...(planned.pixels === undefined ? {} : { overPixels: true }),
    sources,
    bias,
    multiplier: Int16Array.from(requantisers, ({ multiplier }) => multiplier),
    shift: Uint8Array.from(requantisers, ({ shift }) => shift),
    ...(even.includes(1) ? { even } : {}),
    low,
    high,
    output,
  }
}

export function logitsLayer(
  { name, pixels }: FloatLogitsLayer,
  { sources, bias, accumulatorScale }: IntegerRows,
): LogitsLayer {
  const scale = accumulatorScale.map((each) => each / pixels)
  return { kind: 'logits', name, source: elementAt(sources, 0), bias, scale }
}

export function maxPoolLayer(planned: FloatMaxPoolLayer, output: IntegerMap): MaxPoolLayer {
  const { kind, name, source, kernel, stride, pads } = planned
  return { kind, name, source, kernel, stride, pads, output }
}

/**
 * A source in integers. Codes of 0 are left out: zeros of the model, and weights far below the row's accumulator scale.
 * @param codes one for each of the source's weights
 */
export function integerSource({ weights, ...window }: FloatSource, codes: Int32Array | Float64Array): LinearSource {
  const { rows, columns } = weights
  let kept = 0
  for (let i = 0; i < codes.length; i++) if (codes[i] !== 0) kept++
  const source = windowOf(window)
  if (kept === codes.length) {
    const { rowStart, column } = weights
    return { ...source, weights: { rows, columns, rowStart, column, value: new Int32Array(codes) } }
  }
  const rowStart = new Int32Array(rows + 1)
  const column = new Int32Array(kept)
  const value = new Int32Array(kept)
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
      if (codes[i] === 0) continue
      column[count] = weights.column[i]!
      value[count++] = codes[i]!
    }
    rowStart[row + 1] = count
  }
  return { ...source, weights: { rows, columns, rowStart, column, value } }
}

/** A source without its weights, the same in real numbers and in integers. */
function windowOf(source: Omit<FloatSource, 'weights'>): Omit<LinearSource, 'weights'> {
  const { map, role, kernel, stride, pads, dilation, dense, needed } = source
  return { map, role, kernel, stride, pads, dilation, dense, ...(needed === undefined ? {} : { needed }) }
}
