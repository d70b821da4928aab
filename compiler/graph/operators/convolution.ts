// Conv: cross-correlation over two spatial axes with groups, strides, dilations and padding.

import { elements } from '../../../base/defined.ts'
import { numberOf, numbersOf } from '../attributes.ts'
import { type Call, type Operator, maximumElements } from '../operator.ts'
import { sameShape } from '../tensor.ts'
import { convolve } from './convolution-kernel.ts'
import { floats, inputType, inputValue, constraint } from './support.ts'
import { type WindowGeometry, windowConstraints, windowOf } from './window.ts'

export const convolution: Operator = {
  summary: 'Cross-correlation of [N,C,H,W] with weights [M,C/group,kH,kW], plus a bias [M].',
  inputs: [2, 3],
  outputs: 1,
  attributes: {
    auto_pad: 'string',
    dilations: 'ints',
    group: 'int',
    kernel_shape: 'ints',
    pads: 'ints',
    strides: 'ints',
  },
  constraints: [
    floats(3),
    ...windowConstraints,
    constraint('the weights have four axes, none empty', (call) => {
      const { shape } = inputType(call, 1)
      return shape.length === 4 && shape.every((extent) => extent > 0)
    }),
    constraint('kernel_shape is equal to the last two axes of the weights', (call) => {
      const kernel = numbersOf(call.node, 'kernel_shape')
      return kernel === undefined || sameShape(kernel, inputType(call, 1).shape.slice(2))
    }),
    constraint(
      'group divides the input and the output channels, and the weights have channels / group input channels',
      (call) => {
        const group = numberOf(call.node, 'group', 1)
        const channels = inputType(call, 0).shape[1]
        const [outputs, inputs] = elements(inputType(call, 1).shape, 2)
        return group >= 1 && channels === inputs * group && outputs % group === 0
      },
    ),
    constraint('the bias has one element per output channel', ({ types: [, weights, bias] }) =>
      bias === undefined ? true : sameShape(bias.shape, [weights?.shape[0] ?? 0]),
    ),
    constraint('the kernel fits in the padded map, which has at most 2^28 elements', (call) => {
      const [batch, channels, rows, columns] = elements(inputType(call, 0).shape, 4)
      const { before, after, output } = windowOfConvolution(call)
      const padded = batch * channels * (rows + before[0] + after[0]) * (columns + before[1] + after[1])
      return output[0] > 0 && output[1] > 0 && padded <= maximumElements
    }),
  ],
  infer: (call) => {
    const { output } = windowOfConvolution(call)
    const [batch] = elements(inputType(call, 0).shape, 1)
    const [channels] = elements(inputType(call, 1).shape, 1)
    return [{ elementType: 'float32', shape: [batch, channels, ...output] }]
  },
  evaluate: (call) => {
    const group = numberOf(call.node, 'group', 1)
    return [convolve(inputValue(call, 0), inputValue(call, 1), call.values[2], windowOfConvolution(call), group)]
  },
}

function windowOfConvolution(call: Call): WindowGeometry {
  return windowOf(call.node, inputType(call, 0).shape, inputType(call, 1).shape.slice(2))
}
