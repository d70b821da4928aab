// BatchNormalization at inference: an affine map of each channel.

import { elements } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Operator } from '../operator.ts'
import { type Tensor, sameShape, zeros } from '../tensor.ts'
import { floats, inputType, inputValue, constraint } from './support.ts'

export const batchNormalization: Operator = {
  summary: '(x - mean) / sqrt(variance + epsilon) * scale + shift, for each channel.',
  inputs: [5, 5],
  outputs: 1,
  attributes: { epsilon: 'float', momentum: 'float', spatial: 'int', training_mode: 'int' },
  constraints: [
    floats(5),
    constraint('training_mode is 0', ({ node }) => numberOf(node, 'training_mode', 0) === 0),
    constraint('spatial is 1', ({ node }) => numberOf(node, 'spatial', 1) === 1),
    constraint(
      'the input has two or more axes; scale, shift, mean and variance have one element per channel',
      (call) => {
        const { shape } = inputType(call, 0)
        return shape.length >= 2 && [1, 2, 3, 4].every((i) => sameShape(inputType(call, i).shape, shape.slice(1, 2)))
      },
    ),
  ],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const { factor, offset } = channelAffine(
      [1, 2, 3, 4].map((i) => inputValue(call, i)),
      numberOf(call.node, 'epsilon', 1e-5),
    )
    const output = zeros('float32', input.shape)
    const pixels = input.shape.slice(2).reduce((product, extent) => product * extent, 1)
    for (let map = 0; map * pixels < input.size; map++) {
      const channel = map % factor.length
      for (let at = map * pixels; at < (map + 1) * pixels; at++)
        output.data[at] = input.data[at]! * factor[channel]! + offset[channel]!
    }
    return [output]
  },
}

/**
 * A batch normalisation as `x * factor + offset`, in float64.
 *
 * @param parameters scale, shift, mean and variance, [channels] each
 */
export function channelAffine(
  parameters: readonly Tensor[],
  epsilon: number,
): { factor: Float64Array; offset: Float64Array } {
  const [scale, shift, mean, variance] = elements(parameters, 4)
  const factor = Float64Array.from(scale.data, (value, c) => value / Math.sqrt(variance.data[c]! + epsilon))
  const offset = Float64Array.from(shift.data, (value, c) => value - mean.data[c]! * factor[c]!)
  return { factor, offset }
}
