// Random quantised graphs in QDQ form whose every quantiser cuts off some of the values that the given inputs bring to it.

import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import type { Attributes, Graph } from '../../compiler/graph/graph.ts'
import { codeRanges } from '../../compiler/graph/operators/quantization.ts'
import { roundHalfEven } from '../../isa/numerics.ts'
import { type ElementType, type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { normal, random } from '../../base/random.ts'

/** What stands between two quantisers. */
export const saturatingSteps = [
  ...[
    'conv',
    'conv-relu',
    'conv-clip',
    'conv-leaky',
    'conv-prelu',
    'conv-stride',
    'depthwise',
    'pointwise',
    'residual',
    'projection',
    'difference',
  ],
  ...[
    'concat',
    'average',
    'max-pool',
    'max-pool-codes',
    'relu',
    'clip',
    'hard-sigmoid',
    'leaky',
    'factor',
    'negative',
    'offset',
  ],
  ...['slice', 'crop', 'wide', 'pad-conv', 'twice', 'clip-codes', 'relu-behind', 'clip-behind'],
] as const

/** How a map becomes a vector. */
export const saturatingEnds = [
  ...['map', 'global', 'global-product', 'reduced', 'reduced-matrix', 'flat-matrix', 'global-relu', 'global-sum'],
] as const

export interface SaturatingDraw {
  readonly seed: number
  readonly type: 'uint8' | 'int8' | 'uint4' | 'int4'
  readonly perChannel: boolean
  readonly steps: readonly (typeof saturatingSteps)[number][]
  readonly end: (typeof saturatingEnds)[number]
}

/** Inputs [1, 3, 6, 6] that the graphs are made for. */
export const saturatingInputs = (seed: number, count = 2): Tensor[] =>
  Array.from({ length: count }, (_, at) => {
    const draw = random(1000 * seed + at)
    return tensorOf(
      'float32',
      Array.from({ length: 3 * 36 }, () => normal(draw)),
      [1, 3, 6, 6],
    )
  })

/** The graph of a draw, made so that its quantisers saturate on these inputs. */
export function saturatingGraph(drawn: SaturatingDraw, inputs: readonly Tensor[]): Graph {
  return new Saturating(drawn, inputs).build()
}

const pointwise = { kernel_shape: [1, 1], pads: [0, 0, 0, 0] } as const

class Saturating extends GraphBuilder {
  readonly #drawn: SaturatingDraw
  readonly #inputs: readonly Tensor[]
  readonly #draw: () => number
  #count = 0
  /** of the last quantiser */
  #zeroPoint = 0

  constructor(drawn: SaturatingDraw, inputs: readonly Tensor[]) {
    super('saturating', drawn.type.endsWith('4') ? 21 : 17)
    this.#drawn = drawn
    this.#inputs = inputs
    this.#draw = random(drawn.seed)
  }

  override build(): Graph {
    let value = this.#pair(this.input('x', [1, 3, 6, 6]))
    for (const step of this.#drawn.steps) value = this.#step(step, value)
    return super.build([this.#end(value)])
  }

  #step(step: SaturatingDraw['steps'][number], x: string): string {
    const [, channels, height] = elements(this.#range(x).shape, 3)
    switch (step) {
      case 'conv':
        return this.#pair(this.#conv(x, 4))
      case 'conv-relu':
        return this.#pair(this.node('Relu', [this.#conv(x, 4)]))
      case 'conv-clip':
        return this.#pair(this.#clip(this.#conv(x, 4), 0.7))
      case 'conv-leaky':
        return this.#pair(this.node('LeakyRelu', [this.#conv(x, 4)], { alpha: 0.125 + this.#draw() / 2 }))
      case 'conv-prelu': {
        const slopes = tensorOf('float32', [0, 0.2, 0.7, 1.3], [4, 1, 1])
        return this.#pair(this.node('PRelu', [this.#conv(x, 4), this.#constant(slopes)]))
      }
      case 'conv-stride':
        return height < 3 ? this.#pair(this.#conv(x, 4)) : this.#pair(this.#conv(x, 4, { strides: [2, 2] }))
      case 'depthwise':
        return this.#pair(this.#conv(x, channels, { group: channels }))
      case 'pointwise':
        return this.#pair(this.#conv(x, 5, pointwise))
      case 'residual':
        return this.#pair(this.node('Add', [this.#pair(this.#conv(x, channels)), x]))
      case 'projection': {
        const parts = ([{}, pointwise] as const).map((own) => this.#pair(this.#conv(x, 4, own)))
        return this.#pair(this.node('Relu', [this.node('Add', parts)]))
      }
      case 'difference':
        return this.#pair(this.node('Sub', [x, this.#pair(this.#conv(x, channels))]))
      case 'concat':
        return this.#pair(this.node('Concat', [x, this.#pair(this.#conv(x, 2))], { axis: 1 }))
      case 'average': {
        const extent = Math.min(2, height)
        return this.#pair(this.node('AveragePool', [x], { kernel_shape: [extent, extent], strides: [1, 1] }))
      }
      case 'max-pool':
        return this.#pair(this.node('MaxPool', [x], { kernel_shape: [2, 2], pads: [0, 0, 1, 1] }))
      case 'max-pool-codes': {
        const [codes, ...parameters] = this.#codes(this.#conv(x, 4))
        const isByte = this.#drawn.type.endsWith('8')
        const pooled = isByte ? this.node('MaxPool', [codes], { kernel_shape: [2, 2], pads: [0, 0, 1, 1] }) : codes
        return this.node('DequantizeLinear', [pooled, ...parameters])
      }
      case 'relu':
        return this.#pair(this.node('Relu', [x]))
      case 'clip':
        return this.#pair(this.#clip(x, 0.6))
      case 'hard-sigmoid':
        return this.#pair(this.node('HardSigmoid', [x], { alpha: 0.4, beta: 0.4 }))
      case 'leaky':
        return this.#pair(this.node('LeakyRelu', [x], { alpha: 0.125 + this.#draw() / 2 }))
      case 'factor':
        return this.#pair(this.node('Mul', [x, this.#number(0.7 + this.#draw())]))
      case 'negative':
        return this.#pair(this.#conv(this.#pair(this.node('Mul', [x, this.#number(-0.6)])), 4))
      case 'offset':
        return this.#pair(this.node('Add', [x, this.#random([1, channels, 1, 1], 0.4)]))
      case 'slice':
        return channels < 3 ? x : this.#pair(this.#slice(x, 1, channels - 1, 1))
      case 'crop':
        return height < 4 ? x : this.#pair(this.#slice(x, 1, height - 1, 2))
      case 'wide':
        return this.#pair(this.node('Pad', [x, this.#list([0, 1, 0, 0, 0, 1, 0, 0])]))
      case 'pad-conv': {
        const padded = this.#pair(this.node('Pad', [this.#conv(x, 4), this.#list([0, 0, 1, 0, 0, 0, 0, 1])]))
        return this.#pair(this.#conv(padded, 4))
      }
      case 'twice':
        return this.#pair(this.#pair(this.#conv(x, 4)))
      case 'clip-codes': {
        const [codes, ...parameters] = this.#codes(this.#conv(x, 4))
        if (this.#drawn.type.endsWith('4')) return this.node('DequantizeLinear', [codes, ...parameters])
        const [low, high] = codeRanges[this.#drawn.type]!
        const bounds = [Math.min(low + 40, this.#zeroPoint), Math.max(high - 30, this.#zeroPoint)].map((bound) =>
          this.#number(bound, this.#drawn.type),
        )
        return this.node('DequantizeLinear', [this.node('Clip', [codes, ...bounds]), ...parameters])
      }
      case 'relu-behind':
        return this.#pair(this.node('Relu', [this.#pair(this.#conv(x, 4))]))
      case 'clip-behind':
        return this.#pair(this.#clip(this.#pair(this.#conv(x, 4)), 0.55), 'bottom')
      default:
        return step satisfies never
    }
  }

  #end(x: string): string {
    switch (this.#drawn.end) {
      case 'map':
        return x
      case 'global':
        return this.#pair(this.node('GlobalAveragePool', [x]))
      case 'global-product': {
        const mean = this.#pair(this.node('GlobalAveragePool', [x]))
        return this.#pair(this.#conv(mean, 5, pointwise))
      }
      case 'global-relu': {
        const mean = this.#pair(this.node('Relu', [this.#pair(this.node('GlobalAveragePool', [x]))]))
        return this.#pair(this.#conv(mean, 5, pointwise))
      }
      case 'global-sum': {
        const mean = this.#pair(this.node('GlobalAveragePool', [x]))
        return this.#pair(this.node('Add', [mean, this.#pair(this.#conv(mean, this.#range(x).shape[1]!))]))
      }
      case 'reduced':
        // The axes are an attribute before operator set 18.
        return this.#drawn.type.endsWith('4')
          ? this.#pair(this.node('ReduceMean', [x, this.#list([2, 3])], { keepdims: 1 }))
          : this.#pair(this.node('ReduceMean', [x], { axes: [2, 3], keepdims: 1 }))
      case 'reduced-matrix':
        return this.#matrix(this.#pair(this.node('GlobalAveragePool', [x])))
      case 'flat-matrix':
        return this.#matrix(x)
      default:
        return this.#drawn.end satisfies never
    }
  }

  #matrix(x: string): string {
    const flat = this.node('Flatten', [x], { axis: 1 })
    const [, features] = elements(this.#range(flat).shape, 2)
    return this.#pair(this.node('Gemm', [flat, this.#weights([6, features]), this.#random([6], 0.2)], { transB: 1 }))
  }

  #conv(x: string, outputs: number, own: Attributes = {}): string {
    const inputs = this.#range(x).shape[1]! / Number(own['group'] ?? 1)
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], ...own }
    const weights = this.#weights([outputs, inputs, ...attributes.kernel_shape])
    return this.node('Conv', [x, weights, ...(this.#draw() < 0.7 ? [this.#random([outputs], 0.2)] : [])], attributes)
  }

  /** Integers of 8 bits with one scale, or one for each row. */
  #weights(shape: readonly number[]): string {
    const size = shape.reduce((all, extent) => all * extent, 1)
    const codes = Array.from({ length: size }, () => Math.round(Math.min(Math.max(normal(this.#draw) * 45, -127), 127)))
    const [rows] = elements(shape, 1)
    const count = this.#drawn.perChannel ? rows : 1
    const step = 1 / (45 * Math.sqrt(size / rows))
    const scales = Array.from({ length: count }, () => step * (0.7 + this.#draw()))
    const scale = this.#constant(tensorOf('float32', scales, this.#drawn.perChannel ? [count] : []))
    return this.node('DequantizeLinear', [this.#constant(tensorOf('int8', codes, shape)), scale], { axis: 0 })
  }

  #clip(x: string, share: number): string {
    const { least, greatest } = this.#range(x)
    return this.node('Clip', [x, this.#number(least * share), this.#number(greatest * share)])
  }

  #slice(x: string, from: number, to: number, axis: number): string {
    return this.node('Slice', [x, ...[from, to, axis].map((value) => this.#list([value]))])
  }

  #pair(x: string, cut?: 'bottom'): string {
    return this.node('DequantizeLinear', this.#codes(x, cut))
  }

  /** Codes, scale and zero point of a value: an end or both of its range are outside the codes, or surely the bottom alone. */
  #codes(x: string, cut?: 'bottom'): readonly [codes: string, scale: string, zeroPoint: string] {
    const { least, greatest } = this.#range(x)
    const { type } = this.#drawn
    const [low, high] = codeRanges[type]!
    const share = (): number => 0.35 + 0.5 * this.#draw()
    const oneSided = this.#draw() < 0.25
    const [bottom, top] = [
      oneSided ? 0 : Math.min(0, least) * share(),
      Math.max(0, greatest) * (cut === 'bottom' && least < 0 ? 1 : share()),
    ]
    const scale = Math.fround((top - bottom) / (high - low)) || 0.01
    this.#zeroPoint = Math.min(Math.max(roundHalfEven(low - bottom / scale), low), high)
    const parameters = [this.#number(scale), this.#number(this.#zeroPoint, type)] as const
    return [this.node('QuantizeLinear', [x, ...parameters]), ...parameters]
  }

  /** Shape and ends of a value over all inputs. */
  #range(x: string): { readonly shape: readonly number[]; readonly least: number; readonly greatest: number } {
    const graph = super.build([x])
    const values = this.#inputs.map((input) => elements(evaluateFloat(graph, new Map([['x', input]])).values(), 1)[0])
    const all = values.flatMap(({ data }) => Array.from(data))
    return { shape: values[0]!.shape, least: Math.min(...all), greatest: Math.max(...all) }
  }

  #number(value: number, type: ElementType = 'float32'): string {
    return this.#constant(tensorOf(type, [value], []))
  }

  #list(values: readonly number[]): string {
    return this.#constant(tensorOf('int64', values, [values.length]))
  }

  #random(shape: readonly number[], deviation: number): string {
    const size = shape.reduce((all, extent) => all * extent, 1)
    return this.#constant(
      tensorOf(
        'float32',
        Array.from({ length: size }, () => normal(this.#draw) * deviation),
        shape,
      ),
    )
  }

  #constant(value: Tensor): string {
    return this.constant(`c${this.#count++}`, value)
  }
}
