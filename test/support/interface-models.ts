// Small networks with the inputs and outputs that exporters write, before the first layer and after the last, in float and in every format of quantised models.

import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { type ElementType, type Tensor, sizeOf, tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { permuted } from '../../compiler/graph/operators/rearrange.ts'
import { normal, random } from '../../base/random.ts'

export const modelFormats = ['float', 'QDQ int8', 'QDQ uint8, 4 bits', 'QLinear'] as const
export type ModelFormat = (typeof modelFormats)[number]

const microsoft = { domain: 'com.microsoft' } as const
const toLast = { perm: [0, 2, 3, 1] }
const toFirst = { perm: [0, 3, 1, 2] }
const channels = 3
const extent = 6

/** A value of the network, with its codes if it is quantised. */
interface Map {
  readonly real: string
  readonly codes?: readonly [codes: string, scale: string, zeroPoint: string]
  readonly scale: number
}

export class InterfaceModelBuilder extends GraphBuilder {
  readonly format: ModelFormat
  readonly #draw = random(11)
  #count = 0

  constructor(spelling: ModelFormat) {
    super('interface', 13)
    this.format = spelling
  }

  get isFloat(): boolean {
    return this.format === 'float'
  }

  numbers(values: readonly number[], shape: readonly number[] = [], type: ElementType = 'float32'): string {
    return this.constant(`c${this.#count++}`, tensorOf(type, values, shape))
  }

  noise(shape: readonly number[], deviation: number): Tensor {
    return tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => normal(this.#draw) * deviation),
      shape,
    )
  }

  /** Quantises a value to a grid from `least` to `greatest`, of 8 bits or of 4 bits according to the format. */
  grid(value: string, least: number, greatest: number, bits = this.format === 'QDQ uint8, 4 bits' ? 4 : 8): Map {
    if (this.isFloat) return { real: value, scale: 0 }
    const type = this.format === 'QDQ int8' ? 'int8' : 'uint8'
    const codes = 2 ** bits - 1
    const scale = Math.fround((greatest - least) / codes)
    const zeroPoint = Math.round(-least / scale) - (type === 'int8' ? 128 : 0)
    const names = [this.numbers([scale]), this.numbers([zeroPoint], [], type)] as const
    let quantised = this.node('QuantizeLinear', [value, ...names])
    if (bits < 8)
      quantised = this.node('Clip', [quantised, ...[0, codes].map((bound) => this.numbers([bound], [], type))])
    return { real: this.node('DequantizeLinear', [quantised, ...names]), codes: [quantised, ...names], scale }
  }

  /** Weights of 8 or 4 bits according to the format, with one scale for each row. */
  weights(shape: readonly number[]): {
    readonly real: string
    readonly codes: string
    readonly scale: string
    readonly zero: string
  } {
    const [rows] = elements(shape, 1)
    const float = this.noise(shape, 1 / Math.sqrt(sizeOf(shape.slice(1))))
    if (this.isFloat) return { real: this.constant(`w${this.#count++}`, float), codes: '', scale: '', zero: '' }
    const limit = this.format === 'QDQ uint8, 4 bits' ? 7 : 127
    const inner = float.size / rows
    const most = Array.from({ length: rows }, (_, row) =>
      Math.max(...Array.from(float.data.subarray(row * inner, (row + 1) * inner), Math.abs)),
    )
    const scales = most.map((value) => Math.fround(value / limit))
    const codes = this.numbers(
      Array.from(float.data, (value, at) => Math.round(value / scales[Math.floor(at / inner)]!)),
      shape,
      'int8',
    )
    const scale = this.numbers(scales, [rows])
    const zero = this.numbers(new Array<number>(rows).fill(0), [rows], 'int8')
    return { real: this.node('DequantizeLinear', [codes, scale, zero], { axis: 0 }), codes, scale, zero }
  }

  /** A convolution that keeps the size of the map, by default with an activation and a quantiser. */
  conv(
    from: Map,
    [inputs, outputs]: readonly [number, number],
    kernel: number,
    { relu = true, quantised = true } = {},
  ): Map {
    const weights = this.weights([outputs, inputs, kernel, kernel])
    const pad = (kernel - 1) / 2
    const window = { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] }
    const [least, greatest] = relu ? [0, 3] : [-3, 3]
    if (this.format === 'QLinear' && quantised) {
      const scale = Math.fround((greatest - least) / 255)
      const own = [this.numbers([scale]), this.numbers([Math.round(-least / scale)], [], 'uint8')] as const
      const codes = this.node(
        'QLinearConv',
        [...from.codes!, weights.codes, weights.scale, weights.zero, ...own],
        window,
      )
      return { real: this.node('DequantizeLinear', [codes, ...own]), codes: [codes, ...own], scale }
    }
    const sum = this.node('Conv', [from.real, weights.real], window)
    const value = relu ? this.node('Relu', [sum]) : sum
    return quantised ? this.grid(value, least, greatest) : { real: value, scale: 0 }
  }

  /** Five scores of the map's channels. */
  scores(from: Map, inputs: number): Map {
    const mean = this.grid(this.node('GlobalAveragePool', [from.real]), 0, 2.9, 8)
    const weights = this.weights([5, inputs])
    return { real: this.node('Gemm', [this.node('Flatten', [mean.real]), weights.real], { transB: 1 }), scale: 0 }
  }
}

/** The nodes before the first layer. */
export interface InputForm {
  readonly name: string
  readonly isLast?: true
  /** the model's input has bytes */
  readonly isBytes?: true
  /** converts an image of about zero mean and unit deviation to the one that the model expects */
  readonly image?: (value: number, channel: number) => number
  /** @returns the input of the first layer */
  readonly build: (model: InterfaceModelBuilder, x: string) => Map
}

const quantised = (model: InterfaceModelBuilder, value: string): Map => model.grid(value, -3, 3, 8)
const means = [0.4, 0.5, 0.6]
const deviations = [0.2, 0.25, 0.3]

export const inputForms: readonly InputForm[] = [
  { name: 'nothing', build: quantised },
  { name: 'channels last', isLast: true, build: (m, x) => quantised(m, m.node('Transpose', [x], toFirst)) },
  {
    name: 'channels last, quantised before they are first',
    isLast: true,
    build: (m, x) => {
      const { real, codes, scale } = quantised(m, x)
      if (codes === undefined) return { real: m.node('Transpose', [real], toFirst), scale }
      const first = m.node('Transpose', [codes[0]], toFirst)
      const names = codes.slice(1) as [string, string]
      return { real: m.node('DequantizeLinear', [first, ...names]), codes: [first, ...names], scale }
    },
  },
  {
    name: 'mean and std',
    image: (value, channel) => value * deviations[channel]! + means[channel]!,
    build: (m, x) => {
      const centred = m.node('Sub', [x, m.numbers(means, [1, 3, 1, 1])])
      return quantised(m, m.node('Div', [centred, m.numbers(deviations, [3, 1, 1])]))
    },
  },
  {
    name: 'a scale and an offset',
    image: (value) => (value / 3 + 1) * 127.5,
    build: (m, x) => {
      const scaled = m.node('Mul', [x, m.numbers([3 / 127.5])])
      return quantised(m, m.node('Add', [scaled, m.numbers([-3], [1])]))
    },
  },
  {
    name: 'a constant less the image',
    image: (value) => 1 - value,
    build: (m, x) => quantised(m, m.node('Sub', [m.numbers([1]), x])),
  },
  {
    name: 'a batch norm',
    image: (value, channel) => value * deviations[channel]! + means[channel]!,
    build: (m, x) => {
      const variance = m.numbers(
        deviations.map((value) => value ** 2),
        [3],
      )
      const parameters = [m.numbers([1, 1, 1], [3]), m.numbers([0, 0, 0], [3]), m.numbers(means, [3]), variance]
      return quantised(m, m.node('BatchNormalization', [x, ...parameters], { epsilon: 0 }))
    },
  },
  {
    name: 'channels last, mean and std',
    isLast: true,
    image: (value, channel) => value * deviations[channel]! + means[channel]!,
    build: (m, x) => {
      const centred = m.node('Sub', [x, m.numbers(means, [3])])
      const scaled = m.node('Div', [centred, m.numbers(deviations, [1, 1, 3])])
      return quantised(m, m.node('Transpose', [scaled], toFirst))
    },
  },
  {
    name: 'channels last, Rescaling of Keras',
    isLast: true,
    image: (value) => (value / 3 + 1) * 127.5,
    build: (m, x) => {
      const scaled = m.node('Add', [m.node('Mul', [x, m.numbers([3 / 127.5])]), m.numbers([-3])])
      return quantised(m, m.node('Transpose', [scaled], toFirst))
    },
  },
  { name: 'bytes, cast and scaled', isBytes: true, image: byte, build: (m, x) => quantised(m, fromBytes(m, x)) },
  {
    name: 'bytes with channels last, cast and scaled',
    ...{ isLast: true, isBytes: true },
    image: byte,
    build: (m, x) => quantised(m, m.node('Transpose', [fromBytes(m, x)], toFirst)),
  },
]

function byte(value: number): number {
  return Math.round((value / 3 + 1) * 127.5)
}

/** A Cast, followed by mean and scale of bytes. */
function fromBytes(m: InterfaceModelBuilder, x: string): string {
  const centred = m.node('Sub', [m.node('Cast', [x], { to: 1 }), m.numbers([127.5])])
  return m.node('Div', [centred, m.numbers([42.5])])
}

/** The nodes after the last layer, whose output is scores [1, 5] or a map [1, 4, 6, 6]. */
export interface OutputForm {
  readonly name: string
  readonly of: 'scores' | 'map'
  readonly only?: readonly ModelFormat[]
  /** the computation that the compiler leaves to the host: from the program's values to the model's, both in the model's shape */
  readonly host?: (values: Tensor) => Tensor
  /** the last layer has no activation and no quantiser */
  readonly isUnquantised?: true
  readonly build: (model: InterfaceModelBuilder, last: Map) => string
}

const alongLast =
  (of: (value: number, sum: number) => number) =>
  (values: Tensor): Tensor => {
    const run = values.shape.at(-1)!
    const data = Float32Array.from(values.data)
    for (let at = 0; at < data.length; at += run) {
      const sum = data.subarray(at, at + run).reduce((all, value) => all + Math.exp(value), 0)
      for (let i = at; i < at + run; i++) data[i] = of(data[i]!, sum)
    }
    return tensor(data, values.shape)
  }

const softmax = alongLast((value, sum) => Math.exp(value) / sum)
const sigmoid = (values: Tensor): Tensor =>
  tensor(
    Float32Array.from(values.data, (value) => 1 / (1 + Math.exp(-value))),
    values.shape,
  )
const given = ['QDQ int8', 'QDQ uint8, 4 bits', 'QLinear'] as const

/** A pair of QuantizeLinear and DequantizeLinear of 8 bits after a probability. */
function probabilities(m: InterfaceModelBuilder, value: string): string {
  const names = [m.numbers([1 / 256]), m.numbers([0], [], 'uint8')]
  return m.node('DequantizeLinear', [m.node('QuantizeLinear', [value, ...names]), ...names])
}

export const outputForms: readonly OutputForm[] = [
  { name: 'scores as they are', of: 'scores', build: (_, { real }) => real },
  { name: 'a quantiser', of: 'scores', only: given, build: (m, { real }) => m.grid(real, -3, 3).real },
  { name: 'Softmax', of: 'scores', host: softmax, build: (m, { real }) => m.node('Softmax', [real]) },
  {
    name: 'a quantiser and Softmax',
    of: 'scores',
    only: given,
    host: softmax,
    build: (m, { real }) => m.node('Softmax', [m.grid(real, -3, 3).real], { axis: 1 }),
  },
  {
    name: 'Softmax and a quantiser',
    of: 'scores',
    only: given,
    host: softmax,
    build: (m, { real }) => probabilities(m, m.node('Softmax', [real])),
  },
  { name: 'Softmax to codes', of: 'scores', only: given, host: (values) => tensor(softmax(values).data.map((value) => Math.min(Math.round(value * 256), 255)), values.shape), build: (m, { real }) => m.node('QuantizeLinear', [m.node('Softmax', [real]), m.numbers([1 / 256]), m.numbers([0], [], 'uint8')]) }, // prettier-ignore
  {
    name: 'LogSoftmax',
    of: 'scores',
    host: alongLast((value, sum) => value - Math.log(sum)),
    build: (m, { real }) => m.node('LogSoftmax', [real], { axis: 1 }),
  },
  { name: 'Sigmoid', of: 'scores', host: sigmoid, build: (m, { real }) => m.node('Sigmoid', [real]) },
  { name: 'Softmax of a map of one pixel, squeezed', of: 'scores', host: softmax, build: (m, { real }) => m.node('Squeeze', [m.node('Softmax', [m.node('Unsqueeze', [real, m.numbers([2, 3], [2], 'int64')])], { axis: 1 }), m.numbers([2, 3], [2], 'int64')]) }, // prettier-ignore
  {
    name: 'Softmax, reshaped to one axis',
    of: 'scores',
    host: softmax,
    build: (m, { real }) => m.node('Reshape', [m.node('Softmax', [real]), m.numbers([5], [1], 'int64')]),
  },
  {
    name: 'QLinearSoftmax',
    of: 'scores',
    only: ['QLinear'],
    host: softmax,
    build: (m, { real }) => {
      const names = [m.numbers([1 / 256]), m.numbers([0], [], 'uint8')]
      const codes = m.node(
        'QLinearSoftmax',
        [...m.grid(real, -3, 3).codes!, ...names],
        { axis: -1, opset: 13 },
        microsoft,
      )
      return m.node('DequantizeLinear', [codes, ...names])
    },
  },
  {
    name: 'QLinearSigmoid',
    of: 'map',
    only: ['QLinear'],
    host: sigmoid,
    build: (m, { codes }) => {
      const names = [m.numbers([1 / 256]), m.numbers([0], [], 'uint8')]
      return m.node('DequantizeLinear', [m.node('QLinearSigmoid', [...codes!, ...names], {}, microsoft), ...names])
    },
  },
  { name: 'a map as it is', of: 'map', build: (_, { real }) => real },
  { name: 'a map without a quantiser', of: 'map', isUnquantised: true, build: (_, { real }) => real },
  {
    name: 'a map without a quantiser, channels last',
    of: 'map',
    isUnquantised: true,
    build: (m, { real }) => m.node('Transpose', [real], toLast),
  },
  { name: 'channels last', of: 'map', build: (m, { real }) => m.node('Transpose', [real], toLast) },
  {
    name: 'channels last, quantised again',
    of: 'map',
    only: given,
    build: (m, { real }) => m.grid(m.node('Transpose', [real], toLast), -3, 3).real,
  },
  {
    name: 'Sigmoid of a map, channels last',
    of: 'map',
    host: sigmoid,
    build: (m, { real }) => m.node('Transpose', [m.node('Sigmoid', [real])], toLast),
  },
  {
    name: 'channels last, Softmax of each pixel',
    of: 'map',
    host: softmax,
    isUnquantised: true,
    build: (m, { real }) => m.node('Softmax', [m.node('Transpose', [real], toLast)]),
  },
  { name: 'flattened', of: 'map', build: (m, { real }) => m.node('Flatten', [real]) },
  {
    name: 'pixels as one axis',
    of: 'map',
    build: (m, { real }) => m.node('Reshape', [real, m.numbers([1, 4, 36], [3], 'int64')]),
  },
  {
    name: 'without the batch',
    of: 'map',
    build: (m, { real }) => m.node('Squeeze', [real, m.numbers([0], [1], 'int64')]),
  },
  {
    name: 'channels last, flattened',
    of: 'map',
    build: (m, { real }) => m.node('Flatten', [m.node('Transpose', [real], toLast)]),
  },
  {
    name: 'boxes: channels in groups, a group’s parts last',
    of: 'map',
    build: (m, { real }) => {
      const groups = m.node('Reshape', [real, m.numbers([1, 2, 2, 6, 6], [5], 'int64')])
      const last = m.node('Transpose', [groups], { perm: [0, 1, 3, 4, 2] })
      return m.node('Reshape', [last, m.numbers([1, 72, 2], [3], 'int64')])
    },
  },
  {
    name: 'detections: transposed, then transposed again in parts',
    of: 'map',
    build: (m, { real }) => {
      const rows = m.node('Reshape', [m.node('Transpose', [real], toLast), m.numbers([1, 6, 6, 2, 2], [5], 'int64')])
      return m.node('Transpose', [rows], { perm: [0, 3, 2, 1, 4] })
    },
  },
]

/** A network with an input form and an output form. */
export function interfaceModel(spelling: ModelFormat, input: InputForm, output: OutputForm): Graph {
  const model = new InterfaceModelBuilder(spelling)
  const shape = input.isLast ? [1, extent, extent, channels] : [1, channels, extent, extent]
  const image = model.input('x', shape, input.isBytes ? 'uint8' : 'float32')
  const map = model.conv(input.build(model, image), [channels, 6], 3)
  const open = output.isUnquantised === true
  const last =
    output.of === 'scores' ? model.scores(map, 6) : model.conv(map, [6, 4], 1, { relu: false, quantised: !open })
  return model.build([output.build(model, last)])
}

/** Images in an input form. */
export function imagesFor({ isLast, isBytes, image = (value) => value }: InputForm, count: number): Tensor[] {
  const draw = random(5)
  return Array.from({ length: count }, () => {
    const size = channels * extent * extent
    const data = Float32Array.from({ length: size }, (_, at) =>
      image(Math.max(-2.9, Math.min(normal(draw), 2.9)), Math.floor(at / extent ** 2)),
    )
    const first = tensorOf(isBytes ? 'uint8' : 'float32', data, [1, channels, extent, extent])
    return isLast ? permuted(first, toLast.perm) : first
  })
}

/**
 * Residual blocks with float shortcuts, as TensorRT exports them: only the inputs of convolutions are quantised.
 * @param stem whether a pool precedes the first block
 * @param isFloat whether the shortcuts are float; else each reads the quantised input of the convolution
 */
export function shortcuts(spelling: Exclude<ModelFormat, 'float' | 'QLinear'>, stem: boolean, isFloat: boolean): Graph {
  const model = new InterfaceModelBuilder(spelling)
  const first = model.conv(quantised(model, model.input('x', [1, channels, extent, extent])), [channels, 6], 3, {
    quantised: false,
  })
  const start = stem ? model.node('MaxPool', [first.real], { kernel_shape: [2, 2], strides: [2, 2] }) : first.real
  let value = start
  for (const projects of [false, true, false]) {
    const read = model.grid(value, 0, 4)
    const inner = model.conv(read, [6, 6], 3)
    const branch = model.conv(inner, [6, 6], 3, { relu: false, quantised: false })
    const shortcut = projects
      ? model.conv(read, [6, 6], 1, { relu: false, quantised: false }).real
      : isFloat
        ? value
        : read.real
    value = model.node('Relu', [model.node('Add', [branch.real, shortcut])])
  }
  return model.build([model.scores(model.grid(value, 0, 4), 6).real])
}
