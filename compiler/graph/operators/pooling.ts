// MaxPool, AveragePool and the global pools over two spatial axes.

import { elementAt, elements } from '../../../base/defined.ts'
import { numberOf, numbersOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, zeros } from '../tensor.ts'
import { floats, inputType, inputValue, constraint, numbers } from './support.ts'
import { type WindowGeometry, windowConstraints, windowOf } from './window.ts'

const attributes = {
  auto_pad: 'string',
  ceil_mode: 'int',
  dilations: 'ints',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
} as const

const poolConstraints = [
  ...windowConstraints,
  constraint('kernel_shape is given', ({ node }) => numbersOf(node, 'kernel_shape') !== undefined),
  constraint('the padding is smaller than the kernel on every side', ({ node }) => {
    const kernel = numbersOf(node, 'kernel_shape') ?? [1, 1]
    const dilations = numbersOf(node, 'dilations') ?? [1, 1]
    return (numbersOf(node, 'pads') ?? []).every(
      (pad, i) => pad <= elementAt(dilations, i % 2) * (elementAt(kernel, i % 2) - 1),
    )
  }),
  constraint('the kernel fits in the padded map', (call: Call) =>
    windowOfPool(call).output.every((extent) => extent > 0),
  ),
]

export const maxPool: Operator = {
  summary: 'Maximum of each window; padding counts as minus infinity.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { ...attributes, storage_order: 'int' },
  constraints: [numbers(1), ...poolConstraints],
  infer: inferPool,
  evaluate: (call) => [
    slide(call, windowOfPool(call), (input, from, to, width) => {
      let greatest = -Infinity
      for (let y = from[0]; y < to[0]; y += from[2])
        for (let x = from[1]; x < to[1]; x += from[3]) greatest = Math.max(greatest, input[y * width + x]!)
      return greatest
    }),
  ],
}

export const averagePool: Operator = {
  summary: 'Mean of each window, over the pixels of the map or, with count_include_pad, over its declared padding too.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { ...attributes, count_include_pad: 'int' },
  constraints: [floats(1), ...poolConstraints],
  infer: inferPool,
  evaluate: (call) => {
    const window = windowOfPool(call)
    const [, , rows, columns] = elements(inputType(call, 0).shape, 4)
    const padded = numberOf(call.node, 'count_include_pad', 0) !== 0
    return [
      slide(call, window, (input, from, to, width, y0, x0) => {
        let sum = 0
        let count = 0
        for (let y = from[0]; y < to[0]; y += from[2])
          for (let x = from[1]; x < to[1]; x += from[3], count++) sum += input[y * width + x]!
        return sum / (padded ? declaredTaps(window, 0, y0, rows) * declaredTaps(window, 1, x0, columns) : count)
      }),
    ]
  },
}

export const globalAveragePool = globalPool('Mean of each map: [N,C,H,W] to [N,C,1,1].', (map) => {
  let sum = 0
  for (const x of map) sum += x
  return sum / map.length
})

export const globalMaxPool = globalPool('Maximum of each map: [N,C,H,W] to [N,C,1,1].', (map) => {
  let greatest = -Infinity
  for (const x of map) greatest = Math.max(greatest, x)
  return greatest
})

function globalPool(summary: string, reduce: (map: Tensor['data']) => number): Operator {
  const pooled = (shape: readonly number[]) => shape.map((extent, axis) => (axis < 2 ? extent : 1))
  return {
    summary,
    inputs: [1, 1],
    outputs: 1,
    attributes: {},
    constraints: [
      floats(1),
      constraint('the input has three or more axes, the spatial ones not empty', (call) => {
        const { shape } = inputType(call, 0)
        return shape.length >= 3 && shape.slice(2).every((extent) => extent > 0)
      }),
    ],
    infer: (call) => [{ elementType: 'float32', shape: pooled(inputType(call, 0).shape) }],
    evaluate: (call) => {
      const { data, shape, size } = inputValue(call, 0)
      const output = zeros('float32', pooled(shape))
      const pixels = size / Math.max(1, output.size)
      for (let map = 0; map < output.size; map++)
        output.data[map] = reduce(data.subarray(map * pixels, (map + 1) * pixels))
      return [output]
    },
  }
}

function windowOfPool(call: Call): WindowGeometry {
  return windowOf(call.node, inputType(call, 0).shape, numbersOf(call.node, 'kernel_shape') ?? [1, 1])
}

function inferPool(call: Call) {
  const [batch, channels] = elements(inputType(call, 0).shape, 2)
  return [{ elementType: inputType(call, 0).elementType, shape: [batch, channels, ...windowOfPool(call).output] }]
}

/** First row and column of a window within the map, then the dilations. */
type First = readonly [number, number, number, number]
type Reduce = (
  map: Tensor['data'],
  from: First,
  to: readonly [number, number],
  width: number,
  y0: number,
  x0: number,
) => number

/** Applies `reduce` to the part of each window that lies within the map. */
function slide(call: Call, window: WindowGeometry, reduce: Reduce): Tensor {
  const input = inputValue(call, 0)
  const [batch, channels, rows, columns] = elements(input.shape, 4)
  const { kernel, strides, dilations, before } = window
  const output = zeros(inputType(call, 0).elementType, [batch, channels, ...window.output])
  let at = 0
  for (let map = 0; map < batch * channels; map++) {
    const data = input.data.subarray(map * rows * columns, (map + 1) * rows * columns)
    for (let oy = 0; oy < window.output[0]; oy++)
      for (let ox = 0; ox < window.output[1]; ox++) {
        const y0 = oy * strides[0] - before[0]
        const x0 = ox * strides[1] - before[1]
        const from = [firstInside(y0, dilations[0]), firstInside(x0, dilations[1]), ...dilations] as const
        const to = [
          Math.min(rows, y0 + kernel[0] * dilations[0]),
          Math.min(columns, x0 + kernel[1] * dilations[1]),
        ] as const
        output.data[at++] = reduce(data, from, to, columns, y0, x0)
      }
  }
  return output
}

function firstInside(start: number, dilation: number): number {
  return start >= 0 ? start : start + Math.ceil(-start / dilation) * dilation
}

/** The number of taps along an axis that lie in the map or its declared padding; a window of ceil_mode may extend past both. */
function declaredTaps(window: WindowGeometry, axis: 0 | 1, start: number, extent: number): number {
  const end = extent + window.declaredAfter[axis]
  return Math.min(window.kernel[axis], Math.ceil((end - start) / window.dilations[axis]))
}
