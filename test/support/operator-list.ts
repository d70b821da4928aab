// The cases of test/end-to-end/operators.test.ts.

import { tensorOf } from '../../compiler/graph/tensor.ts'
import type { OperatorCase } from './operator-cases.ts'

export const operatorCases: readonly OperatorCase[] = [
  {
    name: 'a depthwise convolution, then a pointwise one',
    input: [4, 9, 9],
    build: (d, x) => d.relu(d.conv(d.relu(d.conv(x, [4, 4], 3, { group: 4 })), [4, 18], 1)),
  },
  {
    name: 'a depthwise convolution with stride',
    input: [6, 10, 10],
    build: (d, x) => d.conv(d.relu(d.conv(x, [6, 6], 3)), [6, 6], 3, { group: 6, stride: 2 }),
  },
  {
    name: 'a grouped convolution',
    input: [6, 8, 8],
    build: (d, x) => d.conv(d.relu(d.conv(x, [6, 12], 3)), [12, 9], 3, { group: 3 }),
  },
  {
    name: 'a convolution of a concatenation',
    input: [3, 8, 8],
    build: (d, x) => {
      const squeezed = d.relu(d.conv(x, [3, 5], 1))
      return d.conv(d.concat(d.relu(d.conv(squeezed, [5, 7], 1)), d.conv(squeezed, [5, 9], 3)), [16, 6], 3)
    },
  },
  {
    name: 'a chain of concatenations that all later layers read',
    input: [3, 8, 8],
    build: (d, x) => {
      let all = d.relu(d.conv(x, [3, 6], 3))
      for (let layer = 0; layer < 5; layer++) all = d.concat(all, d.relu(d.conv(d.relu(all), [6 + 4 * layer, 4], 3)))
      return d.gemm(d.graph.node('Flatten', [d.graph.node('GlobalAveragePool', [d.relu(all)])]), 26, 5)
    },
  },
  {
    name: 'a pooled concatenation, and its depthwise convolution',
    input: [3, 9, 9],
    build: (d, x) => {
      const joined = d.concat(d.relu(d.conv(x, [3, 5], 3)), d.conv(x, [3, 4], 1))
      return d.conv(d.pool('MaxPool', joined, 3, 2, { pads: [1, 1, 1, 1] }), [9, 9], 3, { group: 9 })
    },
  },
  {
    name: 'parts of different heights joined along rows',
    input: [3, 9, 8],
    build: (d, x) => {
      const top = d.relu(d.conv(x, [3, 5], 3))
      const middle = d.pool('MaxPool', d.conv(x, [3, 5], 1), 3, 1)
      const joined = d.graph.node('Concat', [top, d.graph.node('Pad', [middle, d.integers(0, 0, 0, 1, 0, 0, 0, 1)])], {
        axis: 2,
      })
      return d.conv(joined, [5, 4], 3)
    },
  },
  {
    name: 'halves of a map exchanged along columns',
    input: [4, 6, 10],
    build: (d, x) => {
      const map = d.relu(d.conv(x, [4, 6], 3))
      const [left, right] = ['left', 'right']
      d.graph.node('Split', [map, d.integers(4, 6)], { axis: 3 }, { outputs: [left, right] })
      return d.conv(d.graph.node('Concat', [right, left], { axis: -1 }), [6, 6], 3, { group: 2 })
    },
  },
  {
    name: 'a concatenation with the image as the output',
    input: [3, 7, 7],
    build: (d, x) => d.concat(d.relu(d.conv(x, [3, 5], 3)), x),
  },
  {
    name: 'a shuffle of channels',
    input: [3, 7, 7],
    build: (d, x) => {
      const groups = d.graph.node('Reshape', [d.relu(d.conv(x, [3, 12], 3)), d.integers(1, 3, 4, 7, 7)])
      const turned = d.graph.node('Transpose', [groups], { perm: [0, 2, 1, 3, 4] })
      return d.conv(d.graph.node('Reshape', [turned, d.integers(1, 12, 7, 7)]), [12, 6], 3, { group: 3 })
    },
  },
  {
    name: 'slices of channels, of which one is passed on',
    input: [3, 7, 7],
    build: (d, x) => {
      const map = d.relu(d.conv(x, [3, 10], 3))
      const part = (from: number, to: number) =>
        d.graph.node('Slice', [map, d.integers(from), d.integers(to), d.integers(1)])
      return d.concat(part(0, 4), d.relu(d.conv(part(4, 10), [6, 6], 3)))
    },
  },
  {
    name: 'channels taken in another order, one of them twice',
    input: [3, 7, 7],
    build: (d, x) => {
      const swapped = d.graph.node('Gather', [x, d.integers(2, -2, 0)], { axis: 1 })
      const map = d.relu(d.conv(swapped, [3, 6], 3))
      return d.conv(d.graph.node('Gather', [map, d.integers(5, 0, 3, 0)], { axis: 1 }), [4, 5], 3)
    },
  },
  {
    name: 'single channels of the image, each scaled, and every second row',
    input: [3, 8, 7],
    build: (d, x) => {
      const channel = (at: number) => {
        const one = d.graph.node('Unsqueeze', [d.graph.node('Gather', [x, d.scalar(at)], { axis: 1 }), d.integers(1)])
        return d.graph.node('Mul', [one, d.weights([], 1)])
      }
      const map = d.relu(d.conv(d.concat(channel(0), channel(1), channel(2)), [3, 4], 3))
      return d.conv(d.graph.node('Gather', [map, d.integers(1, 3, 5, -1)], { axis: 2 }), [4, 5], 3)
    },
  },
  {
    name: 'a crop by negative pads, and a border below all values in front of a pool',
    input: [3, 9, 9],
    build: (d, x) => {
      const map = d.graph.node('Pad', [d.conv(x, [3, 4], 3), d.integers(0, 0, -1, 1, 0, 0, 1, -2)])
      const border = d.graph.node('Pad', [map, d.integers(0, 0, 1, 0, 0, 0, 1, 2), d.number(-Infinity)])
      return d.conv(d.pool('MaxPool', border, 3, 2), [4, 5], 3)
    },
  },
  {
    name: 'a crop',
    input: [3, 9, 9],
    build: (d, x) => {
      const bounds = [d.integers(2, 1), d.integers(8, 9), d.integers(2, 3)]
      return d.conv(d.graph.node('Slice', [d.relu(d.conv(x, [3, 4], 3)), ...bounds]), [4, 5], 3)
    },
  },
  {
    name: 'an average over windows',
    input: [3, 9, 9],
    build: (d, x) => d.conv(d.pool('AveragePool', d.relu(d.conv(x, [3, 6], 3)), 3, 2), [6, 4], 1),
  },
  {
    name: 'an average that counts its padding',
    input: [3, 9, 9],
    build: (d, x) =>
      d.pool('AveragePool', d.relu(d.conv(x, [3, 6], 3)), 3, 1, { pads: [1, 1, 1, 1], count_include_pad: 1 }),
  },
  {
    name: 'a global average as a map, then a pointwise convolution',
    input: [3, 9, 9],
    build: (d, x) => d.conv(d.graph.node('GlobalAveragePool', [d.relu(d.conv(x, [3, 20], 3))]), [20, 5], 1),
  },
  {
    name: 'a squeezed vector of two layers',
    input: [5, 6, 7],
    build: (d, x) => {
      const mean = d.graph.node('GlobalAveragePool', [d.relu(d.conv(x, [5, 20], 3))])
      return d.gemm(d.relu(d.gemm(d.graph.node('Flatten', [mean]), 20, 6)), 6, 3)
    },
  },
  {
    name: 'a global average that is the output',
    input: [3, 9, 9],
    build: (d, x) => d.graph.node('Relu', [d.graph.node('GlobalAveragePool', [d.conv(x, [3, 20], 3)])]),
  },
  {
    name: 'logits of a flattened map',
    input: [3, 8, 8],
    build: (d, x) => d.gemm(d.graph.node('Flatten', [d.relu(d.conv(x, [3, 6], 3, { stride: 2 }))]), 96, 7),
  },
  {
    name: 'two matrices behind a flattened map',
    input: [3, 12, 12],
    build: (d, x) => {
      const flat = d.graph.node('Flatten', [d.pool('MaxPool', d.relu(d.conv(x, [3, 5], 3)), 2, 2)])
      return d.gemm(d.relu(d.gemm(flat, 180, 9)), 9, 4)
    },
  },
  {
    name: 'a dilated convolution on small patches',
    input: [3, 8, 8],
    build: (d, x) => d.conv(d.relu(d.conv(x, [3, 6], 3)), [6, 5], 3, { dilation: 4 }),
  },
  {
    name: 'a dilated convolution with a stride, beside an undilated one',
    input: [3, 9, 9],
    build: (d, x) => {
      const map = d.relu(d.conv(x, [3, 6], 3))
      const [far, near] = [d.conv(map, [6, 5], 3, { dilation: 5, stride: 2 }), d.conv(map, [6, 5], 3, { stride: 2 })]
      return d.graph.node('Add', [far, near])
    },
  },
  {
    name: 'pools of pools of one pixel',
    input: [3, 4, 4],
    build: (d, x) => d.pool('MaxPool', d.pool('MaxPool', d.relu(d.conv(x, [3, 6], 3)), 2, 2), 2, 2),
  },
  {
    name: 'a batch normalisation of a concatenation',
    input: [3, 7, 7],
    build: (d, x) => {
      const joined = d.concat(d.relu(d.conv(x, [3, 5], 3)), d.relu(d.conv(x, [3, 6], 1)))
      const parameters = [0.5, 0.3, 0.3].map((scale) => d.weights([11], scale))
      const variance = d.graph.constant('variance', tensorOf('float32', new Array<number>(11).fill(1), [11]))
      return d.conv(d.relu(d.graph.node('BatchNormalization', [joined, ...parameters, variance])), [11, 4], 1)
    },
  },
  {
    name: 'a leaky Relu, then one with a slope a channel',
    input: [3, 7, 7],
    build: (d, x) => {
      const leaky = d.graph.node('LeakyRelu', [d.conv(x, [3, 6], 3)], { alpha: 0.1 })
      return d.graph.node('PRelu', [d.conv(leaky, [6, 5], 3), d.weights([5, 1, 1], 0.3)])
    },
  },
  {
    name: 'a hard sigmoid',
    input: [3, 7, 7],
    build: (d, x) => d.conv(d.graph.node('HardSigmoid', [d.conv(x, [3, 6], 3)], { alpha: 0.4, beta: 0.3 }), [6, 4], 1),
  },
  {
    name: 'a split, of which one part is passed on',
    input: [3, 7, 7],
    build: (d, x) => {
      const outputs = ['left', 'right']
      d.graph.node('Split', [d.relu(d.conv(x, [3, 10], 3)), d.integers(4, 6)], { axis: 1 }, { outputs })
      return d.concat('left', d.relu(d.conv('right', [6, 6], 3)))
    },
  },
]
