// A step of the plan as a layer of the integer graph, once its rows are integers: the same for scales chosen here and for a model's own.

import { elementAt } from '../../base/defined.ts'
import type { IntegerMap, LinearLayer, LinearSource, LogitsLayer, MaxPoolLayer } from '../graph/integer.ts'
import type { FloatSource, LinearStep, LogitsStep, MaxPoolStep } from './plan.ts'
import type { Requantiser } from './requantiser.ts'

/** The rows of a step in integers. */
export interface IntegerRows {
  readonly sources: readonly LinearSource[]
  /** [rows] */
  readonly bias: Int32Array
  /** [rows] real value of a 1 of a row's sum */
  readonly unit: Float64Array
}

/** [rows] the biases of a step's sums: those of a mean over pixels, times their number. */
export const summedBias = ({ bias, pixels = 1 }: LinearStep | LogitsStep): Float64Array =>
  bias.map((value) => value * pixels)

/** The real value of a 1 of what a step's sums become: a sum over pixels is a mean in an output of as many times its scale. */
export const summedScale = ({ pixels = 1 }: LinearStep, { scale }: IntegerMap): number => scale * pixels

/** @param bounds least and greatest code */
export function linearLayer(
  step: LinearStep,
  { sources, bias }: IntegerRows,
  requantisers: readonly Requantiser[],
  { low, high }: Pick<LinearLayer, 'low' | 'high'>,
  output: IntegerMap,
): LinearLayer {
  const even = Uint8Array.from(requantisers, (each) => each.even)
  return {
    kind: 'linear',
    name: step.name,
    ...(step.pixels === undefined ? {} : { overPixels: true }),
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

export function logitsLayer({ name, pixels }: LogitsStep, { sources, bias, unit }: IntegerRows): LogitsLayer {
  return { kind: 'logits', name, source: elementAt(sources, 0), bias, scale: unit.map((each) => each / pixels) }
}

export function maxPoolLayer(step: MaxPoolStep, output: IntegerMap): MaxPoolLayer {
  const { kind, name, source, kernel, stride, pads } = step
  return { kind, name, source, kernel, stride, pads, output }
}

/**
 * A source in integers. Weights of 0 are left out: the model's zeros, and what is far below the row's unit.
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

/** What a source is apart from its weights, the same in real numbers and in integers. */
function windowOf(source: Omit<FloatSource, 'weights'>): Omit<LinearSource, 'weights'> {
  const { map, role, kernel, stride, pads, dilation, dense, needed } = source
  return { map, role, kernel, stride, pads, dilation, dense, ...(needed === undefined ? {} : { needed }) }
}
