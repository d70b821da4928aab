// Random quantised models whose scales are powers of two, so that halves are frequent and every value is exact: as pairs and as QONNX.

import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import type { Attributes, Graph } from '../../compiler/graph/graph.ts'
import { type ElementType, type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { SeededRandom } from '../../isa/arbitraries/seeded-random.ts'

export type PowerOfTwoSpelling = 'QDQ' | 'QONNX'

export interface PowerOfTwoModel {
  readonly graph: Graph
  /** one input, halves of its own grid among its values */
  readonly image: Tensor
  readonly operators: readonly string[]
}

/** A model of a few layers; a seed and a spelling give one model. */
export function powerOfTwoModel(spelling: PowerOfTwoSpelling, seed: number): PowerOfTwoModel {
  return new RandomModel(spelling, seed).make()
}

interface Map {
  readonly name: string
  readonly shape: readonly number[]
  readonly scale: number
}

class RandomModel extends GraphBuilder {
  readonly #draw: SeededRandom
  readonly #spelling: PowerOfTwoSpelling
  readonly #operators: string[] = []
  #image!: Tensor
  #count = 0

  constructor(spelling: PowerOfTwoSpelling, seed: number) {
    super(`powers-of-two-${seed}`, 13)
    this.#draw = new SeededRandom(seed)
    this.#spelling = spelling
  }

  make(): PowerOfTwoModel {
    const draw = this.#draw
    const shape = [
      1,
      draw.int(1, 4),
      ...draw.pick([
        [8, 8],
        [4, 8],
        [6, 5],
      ]),
    ]
    // Every sixteenth of a step, so that halves of the input's grid are among them.
    const size = shape.reduce((all, extent) => all * extent, 1)
    this.#image = tensorOf(
      'float32',
      Array.from({ length: size }, () => draw.int(-2200, 2200) / 512),
      shape,
    )
    const maps: Map[] = [{ ...this.#grid(this.input('x', shape), 2 ** -5), shape }]
    for (let layer = draw.int(2, 5); layer > 0; layer--) maps.push(this.#layer(draw.pick(maps.slice(-2)), maps))
    // Parts of which some are rounded already are no map of one grid.
    if (this.#operators.at(-1) === 'Concat') maps.push(this.#convolution(maps.at(-1)!))
    const last = draw.chance(0.5) ? this.#dense(maps.at(-1)!) : maps.at(-1)!.name
    return { graph: this.build([last]), image: this.#image, operators: this.#operators }
  }

  #layer(from: Map, maps: readonly Map[]): Map {
    const [, channels, height, width] = from.shape as [number, number, number, number]
    const partners = maps.filter(({ shape }) => shape.slice(2).join() === from.shape.slice(2).join())
    const equal = partners.filter(({ shape }) => shape.join() === from.shape.join())
    const even = height % 2 === 0 && width % 2 === 0
    const kinds = ['Conv', 'Conv', 'Conv', 'Add', 'Concat', ...(even ? ['AveragePool', 'MaxPool'] : [])]
    const power = Number.isInteger(Math.log2(height * width)) && height * width > 1 ? ['GlobalAveragePool'] : []
    const kind = this.#draw.pick([...kinds, ...power])
    this.#operators.push(kind)
    switch (kind) {
      case 'Conv':
        return this.#convolution(from)
      case 'Add': {
        const other = this.#draw.pick(equal)
        return this.#rounded('Add', [from.name, other.name], {}, from.shape)
      }
      case 'Concat': {
        const other = this.#draw.pick(partners)
        return this.#rounded('Concat', [from.name, other.name], { axis: 1 }, [
          1,
          channels + other.shape[1]!,
          height,
          width,
        ])
      }
      case 'GlobalAveragePool':
        return this.#rounded(kind, [from.name], {}, [1, channels, 1, 1])
      default:
        return this.#rounded(kind, [from.name], { kernel_shape: [2, 2], strides: [2, 2] }, [
          1,
          channels,
          height / 2,
          width / 2,
        ])
    }
  }

  #convolution({ name, shape, scale }: Map): Map {
    const draw = this.#draw
    const [, channels, height, width] = shape as [number, number, number, number]
    const kernel = height > 2 && width > 2 ? draw.pick([1, 3]) : 1
    const depthwise = draw.chance(0.2)
    const outputs = depthwise ? channels : draw.int(1, 6)
    const weights = this.#weights([outputs, depthwise ? 1 : channels, kernel, kernel], outputs)
    const stride = draw.pick([1, 1, 2])
    const sum = this.node('Conv', [name, weights.name, ...this.#bias(weights.scales, scale, outputs)], {
      kernel_shape: [kernel, kernel],
      pads: Array.from({ length: 4 }, () => (kernel - 1) / 2),
      strides: [stride, stride],
      group: depthwise ? channels : 1,
    })
    const value = draw.chance(0.5) ? this.node('Relu', [sum]) : sum
    return { ...this.#grid(value), shape: [1, outputs, Math.ceil(height / stride), Math.ceil(width / stride)] }
  }

  #dense({ name, shape, scale }: Map): string {
    const columns = shape.reduce((all, extent) => all * extent, 1)
    const rows = this.#draw.int(1, 6)
    const flat = this.node('Flatten', [name], { axis: 1 })
    if (this.#draw.chance(0.5)) {
      this.#operators.push('Gemm')
      const weights = this.#weights([rows, columns], rows)
      const bias = this.#bias(weights.scales, scale, rows)
      return this.#grid(this.node('Gemm', [flat, weights.name, ...bias], { transB: 1 })).name
    }
    this.#operators.push('MatMul')
    const weights = this.#weights([columns, rows], 1)
    const product = this.node('MatMul', [flat, weights.name])
    const [bias] = this.#bias(weights.scales, scale, rows)
    return this.#grid(bias === undefined ? product : this.node('Add', [product, bias])).name
  }

  #rounded(op: string, inputs: readonly string[], attributes: Attributes, shape: readonly number[]): Map {
    return { ...this.#grid(this.node(op, inputs, attributes)), shape }
  }

  /** The value on a grid that is about as wide as its values, with a zero point, signed or not. */
  #grid(value: string, given?: number): Omit<Map, 'shape'> {
    const draw = this.#draw
    const data =
      value === 'x'
        ? this.#image.data
        : [...evaluateFloat(this.build([value]), new globalThis.Map([['x', this.#image]])).values()][0]!.data
    let most = 2 ** -10
    let least = 0
    for (const each of data) {
      most = Math.max(most, Math.abs(each))
      least = Math.min(least, each)
    }
    // The host rounds the input to the nearest of 8 bits.
    const isInput = given !== undefined
    const bits = this.#spelling === 'QONNX' && !isInput ? draw.int(3, 8) : 8
    const scale = given ?? 2 ** (Math.ceil(Math.log2(most)) - bits + 1 - draw.int(0, 1))
    const unsigned = least >= 0 && draw.chance(0.7)
    if (this.#spelling === 'QONNX') {
      const rounding = isInput ? 'ROUND' : draw.pick(['ROUND', 'ROUND', 'ROUND', 'FLOOR', 'CEIL'])
      const attributes = { signed: unsigned ? 0 : 1, narrow: isInput ? 0 : draw.int(0, 1), rounding_mode: rounding }
      const inputs = [value, this.#number(scale), this.#number(0), this.#number(bits)]
      return { name: this.node('Quant', inputs, attributes, { domain: 'qonnx.custom_op.general' }), scale }
    }
    const type = draw.pick(['int8', 'uint8'] as const)
    const [low, high] = unsigned ? [0, 40] : [100, 150]
    const zeroPoint = draw.int(low, high) - (type === 'int8' ? 128 : 0)
    const parameters = [this.#number(scale), this.#number(zeroPoint, type)]
    const codes = this.node('QuantizeLinear', [value, ...parameters])
    return { name: this.node('DequantizeLinear', [codes, ...parameters]), scale }
  }

  /** Integer weights with one scale, or one for each of so many slices along the first axis. */
  #weights(shape: readonly number[], rows: number): { readonly name: string; readonly scales: readonly number[] } {
    const draw = this.#draw
    const size = shape.reduce((all, extent) => all * extent, 1)
    const scales = Array.from({ length: draw.chance(0.5) ? rows : 1 }, () => 2 ** -draw.int(3, 8))
    const most = draw.pick([7, 31, 127])
    const codes = Array.from({ length: size }, () => (draw.chance(0.3) ? 0 : draw.int(-most, most)))
    if (this.#spelling === 'QDQ') {
      const zeros = this.#tensor(
        'int8',
        scales.map(() => 0),
        scales.length === 1 ? [] : [rows],
      )
      const scale = this.#tensor('float32', scales, scales.length === 1 ? [] : [rows])
      const name = this.node('DequantizeLinear', [this.#tensor('int8', codes, shape), scale, zeros], { axis: 0 })
      return { name, scales }
    }
    const real = codes.map((code, at) => code * scales[scales.length === 1 ? 0 : Math.floor((at * rows) / size)]!)
    const own = scales.length === 1 ? [] : [rows, ...shape.slice(1).map(() => 1)]
    const inputs = [
      this.#tensor('float32', real, shape),
      this.#tensor('float32', scales, own),
      this.#number(0),
      this.#number(8),
    ]
    const attributes = { signed: 1, narrow: 1, rounding_mode: 'ROUND' }
    return { name: this.node('Quant', inputs, attributes, { domain: 'qonnx.custom_op.general' }), scales }
  }

  /** None; or in units of the sums, whole or with a rest: then of few enough bits to be added exactly. */
  #bias(scales: readonly number[], scale: number, rows: number): readonly string[] {
    const draw = this.#draw
    if (draw.chance(0.3)) return []
    const step = scale * 2 ** -draw.pick([0, draw.int(1, 6)])
    const bias = Array.from({ length: rows }, (_, row) => draw.int(-200, 200) * step * (scales[row] ?? scales[0]!))
    return [this.#tensor('float32', bias, [rows])]
  }

  #number(value: number, type: ElementType = 'float32'): string {
    return this.#tensor(type, [value], [])
  }

  #tensor(type: ElementType, data: readonly number[], shape: readonly number[]): string {
    return this.constant(`c${this.#count++}`, tensorOf(type, data, shape))
  }
}
