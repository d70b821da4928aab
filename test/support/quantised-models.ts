// Small quantised models for tests, spelled as exporters spell them.

import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Attributes, Graph } from '../../compiler/graph/graph.ts'
import { type ElementType, tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { normal, random } from '../../base/random.ts'

const brevitas = { domain: 'onnx.brevitas' } as const
const qonnx = { domain: 'qonnx.custom_op.general' } as const
const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }

/** A graph under construction with what all of these models need. */
class Model extends GraphBuilder {
  readonly #draw = random(7)
  #count = 0

  number(value: number, elementType: ElementType = 'float32', shape: readonly number[] = []): string {
    return this.constant(`c${this.#count++}`, tensorOf(elementType, [value], shape))
  }

  numbers(values: readonly number[], shape: readonly number[], elementType: ElementType = 'float32'): string {
    return this.constant(`c${this.#count++}`, tensorOf(elementType, values, shape))
  }

  random(shape: readonly number[], deviation: number, offset = 0): string {
    const size = shape.reduce((all, extent) => all * extent, 1)
    const data = Float32Array.from({ length: size }, () => offset + normal(this.#draw) * deviation)
    return this.constant(`c${this.#count++}`, tensor(data, shape))
  }

  quant(
    value: string,
    scale: number | string,
    bits: number,
    attributes: Attributes = {},
    domain: { domain: string } = brevitas,
  ): string {
    const scales = typeof scale === 'string' ? scale : this.number(scale)
    const own = { signed: 1, narrow: 0, rounding_mode: 'ROUND', ...attributes }
    return this.node('Quant', [value, scales, this.number(0), this.number(bits)], own, domain)
  }

  batchNorm(value: string, channels: number): string {
    const parameters = [
      this.random([channels], 0.3, 1),
      this.random([channels], 0.1),
      this.random([channels], 0.1),
      this.random([channels], 0.05, 0.5),
    ]
    return this.node('BatchNormalization', [value, ...parameters], { epsilon: 1e-5 })
  }

  /** QuantizeLinear, Clip to fewer bits if `clip` is given, DequantizeLinear. */
  pair(
    value: string,
    scale: number,
    zeroPoint: number,
    type: ElementType = 'uint8',
    clip?: readonly [number, number],
  ): string {
    const parameters = [this.number(scale), this.number(zeroPoint, type)]
    let codes = this.node('QuantizeLinear', [value, ...parameters])
    if (clip !== undefined) codes = this.node('Clip', [codes, ...clip.map((bound) => this.number(bound, type))])
    return this.node('DequantizeLinear', [codes, ...parameters])
  }
}

/** Brevitas to QONNX: 4 and 5 bits, scales per channel, batch norms left alone, a pool before its quantiser, a shortcut. */
export function brevitasModel(): Graph {
  const model = new Model('brevitas', 13)
  const x = model.quant(model.input('x', [1, 3, 16, 16]), 0.0213, 8)
  const first = conv(x, 3, 8, 4)
  const pooled = model.node('MaxPool', [model.node('Relu', [model.batchNorm(first, 8)])], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  })
  const map = model.quant(pooled, 0.17291, 4, { signed: 0 })
  const inner = model.quant(model.node('Relu', [model.batchNorm(conv(map, 8, 8, 4), 8)]), 0.191, 5, { signed: 0 })
  const branch = model.quant(model.batchNorm(conv(inner, 8, 8, 3), 8), 0.23171, 5)
  const sum = model.quant(model.node('Relu', [model.node('Add', [branch, map])]), 0.20933, 6, { signed: 0 })
  const flat = model.node('Flatten', [model.node('GlobalAveragePool', [sum])], { axis: 1 })
  const weights = model.quant(model.random([10, 8], 0.3), 0.01, 8, { narrow: 1 })
  return model.build([model.node('Gemm', [flat, weights, model.random([10], 0.1)], { transB: 1 })])

  function conv(value: string, inputs: number, outputs: number, bits: number): string {
    const scales = model.numbers(
      Array.from({ length: outputs }, (_, row) => 0.031 + 0.002 * row),
      [outputs, 1, 1, 1],
    )
    const weights = model.quant(model.random([outputs, inputs, 3, 3], 0.12), scales, bits, { narrow: 1 })
    return model.node('Conv', [value, weights], window)
  }
}

/** QKeras to QONNX: powers of two, quantised biases, a dense layer as MatMul and Add. */
export function qkerasModel(): Graph {
  const model = new Model('qkeras', 13)
  const x = model.quant(model.input('x', [1, 3, 8, 8]), 2 ** -5, 8, {}, qonnx)
  const weights = model.quant(model.random([8, 3, 3, 3], 0.3), 2 ** -4, 6, {}, qonnx)
  const bias = model.quant(model.random([8], 0.2), 2 ** -7, 8, {}, qonnx)
  const first = model.quant(
    model.node('Relu', [model.node('Conv', [x, weights, bias], window)]),
    2 ** -4,
    6,
    { signed: 0 },
    qonnx,
  )
  const pooled = model.node('MaxPool', [first], { kernel_shape: [2, 2], strides: [2, 2] })
  const flat = model.node('Reshape', [pooled, model.numbers([1, 128], [2], 'int64')])
  const matrix = model.quant(model.random([128, 10], 0.2), 2 ** -5, 6, {}, qonnx)
  const dense = model.node('MatMul', [flat, matrix])
  return model.build([model.node('Add', [dense, model.quant(model.random([10], 0.2), 2 ** -7, 8, {}, qonnx)])])
}

/** Brevitas to QONNX with the scale and the mean of its images in front of the first quantiser. */
export function scaledInputModel(): Graph {
  const model = new Model('scaled-input', 13)
  const scaled = model.node('Mul', [model.number(1 / 2.5), model.input('x', [1, 3, 8, 8])])
  const centred = model.node('Sub', [scaled, model.numbers([0.25, 0, -0.5], [1, 3, 1, 1])])
  const weights = model.quant(model.random([8, 3, 3, 3], 0.3), 0.07, 4)
  const sum = model.node('Conv', [model.quant(centred, 0.013, 8), weights], window)
  const map = model.quant(model.node('Relu', [sum]), 0.05, 4, { signed: 0 })
  const pooled = model.node('MaxPool', [map], { kernel_shape: [4, 4], strides: [4, 4] })
  const matrix = model.quant(model.random([10, 32], 0.2), 0.03, 8)
  return model.build([model.node('Gemm', [model.node('Flatten', [pooled], { axis: 1 }), matrix], { transB: 1 })])
}

/** A map of bytes in steps of 0.2 whose values are clipped before they are quantised: at most 16 codes are left. */
export function boundedModel([low, high]: readonly [number, number], zeroPoint: number): Graph {
  const model = new Model('bounded', 13)
  const x = model.pair(model.input('x', [1, 3, 8, 8]), 0.0213, 120)
  const sum = model.node('Conv', [x, model.pair(model.random([8, 3, 3, 3], 0.3), 0.011, 0, 'int8')], window)
  const map = model.pair(model.node('Clip', [sum, model.number(low), model.number(high)]), 0.2, zeroPoint)
  const pooled = model.node('MaxPool', [map], { kernel_shape: [4, 4], strides: [4, 4] })
  const matrix = model.pair(model.random([10, 32], 0.1), 0.003, 0, 'int8')
  return model.build([model.node('Gemm', [model.node('Flatten', [pooled], { axis: 1 }), matrix], { transB: 1 })])
}

/** A binary network: weights and maps are plus or minus a scale. */
export function binaryModel(): Graph {
  const model = new Model('binary', 13)
  const x = model.quant(model.input('x', [1, 3, 8, 8]), 2 ** -6, 8)
  const first = sign(model.batchNorm(model.node('Conv', [x, sign(model.random([8, 3, 3, 3], 1), 0.11)], window), 8), 1)
  const second = sign(
    model.batchNorm(model.node('Conv', [first, sign(model.random([8, 8, 3, 3], 1), 0.13)], window), 8),
    1,
  )
  const flat = model.node('Flatten', [second], { axis: 1 })
  return model.build([model.node('Gemm', [flat, sign(model.random([10, 512], 1), 0.01)], { transB: 1 })])

  function sign(value: string, scale: number): string {
    return model.node('BipolarQuant', [value, model.number(scale)], {}, brevitas)
  }
}

/** An average pool whose sums are cut to their upper bits, in both versions of Trunc. */
export function truncModel(version: 1 | 2): Graph {
  const model = new Model('trunc', 13)
  const x = model.quant(model.input('x', [1, 3, 8, 8]), 0.031, 4, { signed: 0 })
  const weights = model.quant(model.random([8, 3, 3, 3], 0.3), 0.07, 4)
  const map = model.quant(model.node('Relu', [model.node('Conv', [x, weights], window)]), 0.05, 4, { signed: 0 })
  const mean = model.node('AveragePool', [map], { kernel_shape: [2, 2], strides: [2, 2] })
  const sums = model.node('Mul', [mean, model.number(4)])
  const parameters = version === 1 ? [0.05, 0, 6, 4] : [0.05, 0, 6, 0.2, 0, 4]
  const attributes: Attributes =
    version === 1 ? { rounding_mode: 'FLOOR' } : { rounding_mode: 'FLOOR', signed: 0, narrow: 0 }
  const cut = model.node('Trunc', [sums, ...parameters.map((value) => model.number(value))], attributes, qonnx)
  const matrix = model.quant(model.random([10, 128], 0.2), 0.03, 8)
  return model.build([model.node('Gemm', [model.node('Flatten', [cut], { axis: 1 }), matrix], { transB: 1 })])
}

/** Brevitas to QCDQ: 3 and 4 bits as 8-bit codes between two bounds, weights stored as floats, a transposed matrix. */
export function clippedPairsModel(): Graph {
  const model = new Model('qcdq', 13)
  const x = model.pair(model.input('x', [1, 3, 8, 8]), 0.0213, 0, 'int8')
  const weights = model.pair(model.random([8, 3, 3, 3], 0.2), 0.061, 0, 'int8', [-3, 3])
  const map = model.pair(model.node('Relu', [model.node('Conv', [x, weights], window)]), 0.19, 0, 'uint8', [0, 15])
  const flat = model.node('Flatten', [map], { axis: 1 })
  const matrix = model.node('Transpose', [model.pair(model.random([10, 512], 0.1), 0.03, 0, 'int8', [-7, 7])], {
    perm: [1, 0],
  })
  return model.build([model.node('Add', [model.node('MatMul', [flat, matrix]), model.random([10], 0.2)])])
}

/** ConvInteger and MatMulInteger, their sums scaled by nodes of their own. */
export function integerProductsModel(): Graph {
  const model = new Model('integer-products', 13)
  const codes = model.node('QuantizeLinear', [
    model.input('x', [1, 3, 8, 8]),
    model.number(0.0213),
    model.number(120, 'uint8'),
  ])
  const weights = integers(model, [8, 3, 3, 3])
  const product = model.node('ConvInteger', [codes, weights, model.number(120, 'uint8')], window)
  const scale = model.node('Mul', [model.number(0.0213), model.number(0.0071)])
  const real = model.node('Mul', [model.node('Cast', [product], { to: 1 }), scale])
  const biased = model.node('Add', [real, model.random([8, 1, 1], 0.2)])
  const map = model.node('QuantizeLinear', [
    model.node('Relu', [biased]),
    model.number(0.093),
    model.number(0, 'uint8'),
  ])
  const flat = model.node('Flatten', [map], { axis: 1 })
  const dense = model.node('MatMulInteger', [flat, integers(model, [512, 10]), model.number(0, 'uint8')])
  return model.build([model.node('Mul', [model.node('Cast', [dense], { to: 1 }), model.number(0.093 * 0.004)])])
}

function integers(model: Model, shape: readonly number[]): string {
  const draw = random(shape.length)
  const size = shape.reduce((all, extent) => all * extent, 1)
  return model.numbers(
    Array.from({ length: size }, () => Math.round(normal(draw) * 20)),
    shape,
    'int8',
  )
}

/** A concatenation of codes of different scales, as operators on codes: one part has the scale of the whole. */
export function concatenationModel(): Graph {
  const model = new Model('concatenation', 13)
  const input = model.node('QuantizeLinear', [model.input('x', [1, 3, 8, 8]), ...triple('', 0.0213, 120).slice(1)])
  const parts = [0.0631, 0.0417].map((scale, at) => convolution(input, [0.0213, 120], [4, 3, 3, 3], scale, 100 + at))
  const all = triple('', 0.0631, 100).slice(1)
  const inputs = [...all, ...triple(parts[0]!, 0.0631, 100), ...triple(parts[1]!, 0.0417, 101)]
  const joined = model.node('QLinearConcat', inputs, { axis: 1 }, { domain: 'com.microsoft' })
  const last = convolution(joined, [0.0631, 100], [4, 8, 3, 3], 0.0713, 90)
  const flat = model.node('Flatten', [last], { axis: 1 })
  const weights = [integers(model, [10, 256]), model.number(0.0051), model.number(0, 'int8')]
  const attributes = { alpha: 1, transB: 1 }
  return model.build([
    model.node('QGemm', [...triple(flat, 0.0713, 90), ...weights], attributes, { domain: 'com.microsoft' }),
  ])

  function triple(codes: string, scale: number, zeroPoint: number): string[] {
    return [codes, model.number(scale), model.number(zeroPoint, 'uint8')]
  }

  function convolution(
    codes: string,
    from: readonly [number, number],
    shape: readonly number[],
    scale: number,
    zeroPoint: number,
  ): string {
    const weights = [integers(model, shape), model.number(0.0043), model.number(0, 'int8')]
    const inputs = [...triple(codes, ...from), ...weights, ...triple('', scale, zeroPoint).slice(1)]
    return model.node('QLinearConv', inputs, window)
  }
}

/** What quantize_static of ONNX Runtime writes as operators on codes: activations, codes that are split, joined, padded, pooled and reordered, a product. */
export function operatorsOnCodesModel(): Graph {
  const model = new Model('operators-on-codes', 13)
  const microsoft = { domain: 'com.microsoft' } as const
  const grid = (scale: number, zeroPoint: number) => [model.number(scale), model.number(zeroPoint, 'uint8')]
  const own = grid(0.0213, 120)
  const input = model.node('QuantizeLinear', [model.input('x', [1, 3, 8, 8]), ...own])
  const first = grid(0.061, 110)
  const weights = [integers(model, [6, 3, 3, 3]), model.number(0.0043), model.number(0, 'int8')]
  const map = model.node('QLinearConv', [input, ...own, ...weights, ...first], window)
  const second = grid(0.0413, 40)
  const leaky = model.node('QLinearLeakyRelu', [map, ...first, ...second], { alpha: 0.1 }, microsoft)
  const halves = ['lower', 'upper']
  model.node('Split', [leaky, model.numbers([2, 4], [2], 'int64')], { axis: 1 }, { outputs: halves })
  const below = model.node('Pad', [
    halves[1]!,
    model.numbers([0, 0, 1, 1, 0, 0, 0, 0], [8], 'int64'),
    model.number(0, 'uint8'),
  ])
  const pooled = model.node('MaxPool', [below], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] })
  const mean = model.node(
    'QLinearAveragePool',
    [halves[0]!, ...second, ...second],
    { kernel_shape: [2, 2], strides: [2, 2] },
    microsoft,
  )
  const joined = model.node('QLinearConcat', [...second, pooled, ...second, mean, ...second], { axis: 1 }, microsoft)
  const turned = model.node('Gather', [joined, model.numbers([5, 0, -3, 1, 1, 4], [6], 'int64')], { axis: 1 })
  const border = model.node('Pad', [
    turned,
    model.numbers([0, 0, 1, 1, 0, 0, 1, 1], [8], 'int64'),
    model.number(40, 'uint8'),
  ])
  const third = grid(0.0513, 128)
  const inner = [integers(model, [8, 6, 3, 3]), model.number(0.0041), model.number(0, 'int8')]
  const last = model.node('QLinearConv', [border, ...second, ...inner, ...third], { kernel_shape: [3, 3] })
  const sum = model.node('QLinearAdd', [last, ...third, last, ...third, ...grid(0.0911, 120)], {}, microsoft)
  const fourth = grid(0.0311, 120)
  const averages = model.node(
    'QLinearGlobalAveragePool',
    [sum, ...grid(0.0911, 120), ...fourth],
    { channels_last: 0 },
    microsoft,
  )
  const flat = model.node('Reshape', [averages, model.numbers([1, -1], [2], 'int64')])
  const matrix = [integers(model, [10, 8]), model.number(0.0051), model.number(0, 'int8')]
  return model.build([model.node('QGemm', [flat, ...fourth, ...matrix], { alpha: 1, transB: 1 }, microsoft)])
}

/** Two maps one above the other, and the halves of the whole side by side, all codes of one scale. */
export function joinedPixelsModel(): Graph {
  const model = new Model('joined-pixels', 13)
  const x = model.pair(model.input('x', [1, 3, 4, 8]), 0.0213, 120)
  const parts = [0.2, 0.3].map((deviation) => {
    const weights = model.pair(model.random([4, 3, 3, 3], deviation), 0.011, 0, 'int8')
    return model.pair(model.node('Conv', [x, weights], window), 0.0231, 100)
  })
  const whole = model.pair(model.node('Concat', parts, { axis: 2 }), 0.0231, 100)
  const halves = ['left', 'right']
  model.node('Split', [whole, model.numbers([3, 5], [2], 'int64')], { axis: 3 }, { outputs: halves })
  const turned = model.pair(model.node('Concat', [...halves].reverse(), { axis: 3 }), 0.0231, 100)
  const matrix = model.pair(model.random([10, 256], 0.1), 0.003, 0, 'int8')
  return model.build([model.node('Gemm', [model.node('Flatten', [turned], { axis: 1 }), matrix], { transB: 1 })])
}

/**
 * A shortcut around a convolution whose own grid is `inner`, the sum's `outer`: scale, zero point, and codes between `ends`. All weights are 1/8 of 8, so that
 * the convolution reaches from −9 to 9, and the shortcut from 0 to 1.
 */
export function shortcutModel(
  inner: readonly [number, number],
  outer: readonly [number, number],
  ends?: readonly [number, number],
): Graph {
  const model = new Model('shortcut', 13)
  const map = model.pair(model.input('x', [1, 8, 4, 4]), 1 / 255, 0)
  const signs = Array.from({ length: 8 * 8 * 9 }, (_, at) => (Math.floor(at / 72) < 4 ? 1 : -1) / 8)
  const weights = model.pair(model.numbers(signs, [8, 8, 3, 3]), 1 / 8, 0, 'int8')
  const branch = model.pair(model.node('Conv', [map, weights], window), ...inner)
  return model.build([model.pair(model.node('Add', [branch, map]), ...outer, 'uint8', ends)])
}

/** Weights of two bits, the codes −2 to 1, with a scale for each channel, or for each block of 3 input channels. */
export function twoBitModel(blocks = false): Graph {
  const model = new Model('two-bits', 13)
  const map = model.pair(model.input('x', [1, 6, 8, 8]), 0.0213, 120)
  const codes = model.numbers(
    Array.from({ length: 4 * 6 * 9 }, (_, at) => ((at * 7) % 4) - 2),
    [4, 6, 3, 3],
    blocks ? 'int8' : 'int2',
  )
  const steps = (count: number): number[] => Array.from({ length: count }, (_, at) => 0.03 + 0.001 * at)
  const scale = blocks ? model.numbers(steps(72), [4, 2, 3, 3]) : model.numbers(steps(4), [4])
  const attributes: Attributes = blocks ? { axis: 1, block_size: 3 } : { axis: 0 }
  const weights = model.node('DequantizeLinear', [codes, scale], attributes)
  const branch = model.pair(model.node('Relu', [model.node('Conv', [map, weights], window)]), 0.011, 0)
  const matrix = model.pair(model.random([10, 256], 0.1), 0.003, 0, 'int8')
  return model.build([model.node('Gemm', [model.node('Flatten', [branch], { axis: 1 }), matrix], { transB: 1 })])
}

/** A convolution of codes to codes. */
export function codesModel(type: 'uint8' | 'int8'): Graph {
  const model = new Model('codes', 13)
  const [input, output] = elements(
    [0.031, 0.017].map((scale) => [model.number(scale), model.number(type === 'uint8' ? 128 : 5, type)]),
    2,
  )
  const x = model.node('DequantizeLinear', [model.input('x', [1, 3, 4, 4], type), ...input])
  const weights = model.node('DequantizeLinear', [integers(model, [2, 3, 3, 3]), model.number(0.004)])
  return model.build([model.node('QuantizeLinear', [model.node('Conv', [x, weights], window), ...output])])
}

/** What compilers refuse: see the test. */
export function brokenModel(fault: 'float weights' | 'float input' | 'float map' | 'scales of a map'): Graph {
  const model = new Model('broken', 13)
  const input = model.input('x', [1, 3, 8, 8])
  const scales = fault === 'scales of a map' ? model.numbers([0.01, 0.02, 0.03], [1, 3, 1, 1]) : 0.02
  const x = fault === 'float input' ? input : model.quant(input, scales, 8)
  const raw = model.random([4, 3, 3, 3], 0.2)
  const first = model.node('Conv', [x, fault === 'float weights' ? raw : model.quant(raw, 0.05, 4)], window)
  const map =
    fault === 'float map'
      ? model.node('Relu', [first])
      : model.quant(model.node('Relu', [first]), 0.1, 4, { signed: 0 })
  return model.build([
    model.quant(model.node('Conv', [map, model.quant(model.random([4, 4, 3, 3], 0.2), 0.05, 4)], window), 0.1, 8),
  ])
}
