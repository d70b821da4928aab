// Seeded float graphs in simplified form: residual blocks of every kind, pools, and logits or a map as output.

import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { FloatGraph } from '../../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { normal, random } from '../../../base/random.ts'

interface Feature {
  readonly value: string
  readonly channels: number
  readonly size: number
}

/** A graph of up to four stages on a small image. */
export function randomFloatGraph(seed: number): FloatGraph {
  const uniform = random(seed)
  const pick = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1))
  const graph = new GraphBuilder(`random${seed}`)
  let constants = 0
  const constant = (shape: readonly number[], scale: number): string => {
    const size = shape.reduce((a, b) => a * b, 1)
    return graph.constant(
      `c${constants++}`,
      tensorOf(
        'float32',
        Float32Array.from({ length: size }, () => scale * normal(uniform)),
        shape,
      ),
    )
  }
  const convolve = (from: Feature, channels: number, kernel: number, stride: number, groups = 1): Feature => {
    const inputs = [
      from.value,
      constant(
        [channels, from.channels / groups, kernel, kernel],
        Math.sqrt((1.4 * groups) / (from.channels * kernel * kernel)),
      ),
      constant([channels], 0.2),
    ]
    const p = (kernel - 1) >> 1
    const size = Math.floor((from.size + 2 * p - kernel) / stride) + 1
    const value = graph.node('Conv', inputs, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [p, p, p, p],
      group: groups,
    })
    return { value, channels, size }
  }
  const apply = (op: string, from: Feature, ...others: Feature[]): Feature => ({
    ...from,
    value: graph.node(op, [from.value, ...others.map(({ value }) => value)]),
  })
  const activate = (from: Feature): Feature =>
    uniform() < 0.8 ? apply('Relu', from) : { ...from, value: graph.node('Clip', [from.value], { min: 0, max: 1.5 }) }

  const first = pick(1, 3)
  const size = pick(5, 9)
  let feature: Feature = { value: graph.input('input', [1, first, size, size]), channels: first, size }
  feature = activate(convolve(feature, pick(2, 6) * 2, 3, pick(1, 2)))
  if (uniform() < 0.3 && feature.size > 2) {
    const value = graph.node('MaxPool', [feature.value], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
    feature = { ...feature, value, size: Math.floor((feature.size - 1) / 2) + 1 }
  }
  for (let blocks = pick(0, 3); blocks > 0; blocks--) {
    const stride = feature.size > 2 ? pick(1, 2) : 1
    const channels = uniform() < 0.5 && stride === 1 ? feature.channels : feature.channels + 2 * pick(0, 3)
    const main = convolve(activate(convolve(feature, channels, 3, stride)), channels, 3, 1, uniform() < 0.2 ? 2 : 1)
    let shortcut = feature
    if (stride > 1 || channels !== feature.channels) {
      if (uniform() < 0.5) shortcut = convolve(feature, channels, uniform() < 0.7 ? 1 : 3, stride)
      else shortcut = optionA(shortcut, channels, stride)
    }
    const sum = uniform() < 0.5 ? apply('Add', main, shortcut) : apply('Add', shortcut, main)
    feature = uniform() < 0.8 ? activate(sum) : sum
  }
  const end = uniform()
  if (end < 0.6) {
    let value = uniform() < 0.7 ? graph.node('GlobalAveragePool', [feature.value]) : feature.value
    const pooled = value !== feature.value
    value = graph.node('Flatten', [value], { axis: 1 })
    const inputs = pooled ? feature.channels : feature.channels * feature.size ** 2
    return graph.build([
      graph.node('Gemm', [value, constant([5, inputs], 1 / Math.sqrt(inputs)), constant([5], 0.2)], { transB: 1 }),
    ])
  }
  if (end < 0.7) return graph.build([graph.node('GlobalAveragePool', [feature.value])])
  if (end < 0.8) return graph.build([activate(feature).value])
  return graph.build([convolve(feature, 3, 1, 1).value])

  function optionA(from: Feature, channels: number, stride: number): Feature {
    const integers = (values: number[]): string =>
      graph.constant(`c${constants++}`, tensorOf('int64', values, [values.length]))
    const sliced = graph.node('Slice', [
      from.value,
      integers([0, 0]),
      integers([2 ** 31, 2 ** 31]),
      integers([2, 3]),
      integers([stride, stride]),
    ])
    const before = Math.floor((channels - from.channels) / 2)
    const pads = integers([0, before, 0, 0, 0, channels - from.channels - before, 0, 0])
    return { value: graph.node('Pad', [sliced, pads]), channels, size: Math.ceil(from.size / stride) }
  }
}

/** A tensor of normal numbers for the graph's input. */
export function randomImage(graph: FloatGraph, seed: number): Tensor {
  const uniform = random(seed)
  const [{ shape }] = elements(graph.inputs, 1)
  const size = shape.reduce((a, b) => a * b, 1)
  return tensorOf(
    'float32',
    Float32Array.from({ length: size }, () => normal(uniform)),
    shape,
  )
}
