// Random float graphs of every operator that a layer can compute, as exporters write them, before simplification.

import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Attributes, FloatGraph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { normal, random } from '../../base/random.ts'

/** The steps between the image and the end. */
export const floatSteps = [
  ...['conv', 'conv-stride', 'conv-wide', 'conv-dilated', 'conv-same', 'depthwise', 'grouped', 'pointwise'],
  ...['conv-relu', 'conv-clip', 'conv-leaky', 'conv-prelu', 'conv-hard-sigmoid', 'conv-batch-norm', 'conv-factor'],
  ...['relu', 'clip', 'leaky', 'prelu', 'prelu-negative', 'hard-sigmoid', 'bounds'],
  ...['batch-norm', 'offset', 'reversed', 'factor', 'quotient'],
  ...['residual', 'residual-relu', 'projection', 'difference', 'sum', 'twice', 'leaky-residual'],
  ...['concat', 'concat-rows', 'split', 'split-columns', 'slice', 'crop', 'shuffle', 'wide', 'pad', 'pad-conv'],
  ...['max-pool', 'max-pool-overlapping', 'average', 'average-padded', 'average-conv', 'leaky-pool'],
] as const

/** The nodes from the last map to the output. */
export const floatEnds = [
  ...['map', 'conv', 'global', 'global-relu', 'global-matrix', 'global-conv', 'global-leaky', 'reduced', 'greatest'],
  ...['flat-matrix', 'two-matrices', 'product-offset'],
] as const

export interface FloatDraw {
  readonly seed: number
  readonly opset: 11 | 13 | 17 | 18
  readonly steps: readonly (typeof floatSteps)[number][]
  readonly end: (typeof floatEnds)[number]
}

/** A value with the extents of a map. */
interface Feature {
  readonly value: string
  readonly channels: number
  readonly height: number
  readonly width: number
}

const side = 7

/** The graph of a draw; its input is `x`, [1, 3, 7, 7]. */
export function floatGraph(drawn: FloatDraw): FloatGraph {
  return new FloatBuilder(drawn).build()
}

/** Inputs for the graphs. */
export const floatInputs = (seed: number, count: number): Tensor[] =>
  Array.from({ length: count }, (_, at) => {
    const draw = random(1000 * seed + at)
    const values = Array.from({ length: 3 * side * side }, () => normal(draw))
    return tensorOf('float32', values, [1, 3, side, side])
  })

class FloatBuilder extends GraphBuilder {
  readonly #drawn: FloatDraw
  readonly #draw: () => number
  #count = 0

  constructor(drawn: FloatDraw) {
    super(`float${drawn.seed}`, drawn.opset)
    this.#drawn = drawn
    this.#draw = random(drawn.seed)
  }

  override build(): FloatGraph {
    let map: Feature = { value: this.input('x', [1, 3, side, side]), channels: 3, height: side, width: side }
    for (const step of this.#drawn.steps) map = this.#step(step, map)
    return super.build([this.#end(map)])
  }

  #step(step: FloatDraw['steps'][number], x: Feature): Feature {
    const { channels, height, width } = x
    const few = this.#pick(3, 8)
    switch (step) {
      case 'conv':
        return this.#conv(x, few)
      case 'conv-stride':
        return this.#conv(x, few, { kernel: [3, 3], stride: 2 })
      case 'conv-wide':
        return this.#conv(x, few, { kernel: [1, 5], pads: [0, 1, 0, 3] })
      case 'conv-dilated':
        return this.#conv(x, few, { kernel: [3, 3], dilation: 2 })
      case 'conv-same':
        return this.#windowed('Conv', x, few, [3, 2], 2, [], { auto_pad: 'SAME_UPPER' })
      case 'depthwise':
        return this.#conv(x, channels, { kernel: [3, 3], groups: channels })
      case 'grouped': {
        const even = this.#conv(x, 4, { kernel: [1, 1] })
        return this.#conv(even, 6, { kernel: [3, 3], groups: 2 })
      }
      case 'pointwise':
        return this.#conv(x, few, { kernel: [1, 1] })
      case 'conv-relu':
        return this.#apply('Relu', this.#conv(x, few))
      case 'conv-clip':
        return this.#apply('Clip', this.#conv(x, few), [this.#number(-0.4), this.#number(0.9)])
      case 'conv-leaky':
        return this.#apply('LeakyRelu', this.#conv(x, few), [], { alpha: this.#share() })
      case 'conv-prelu':
        return this.#apply('PRelu', this.#conv(x, few), [this.#slopes(few, 0.4, 0.2)])
      case 'conv-hard-sigmoid':
        return this.#apply('HardSigmoid', this.#conv(x, few), [], { alpha: 0.3, beta: 0.4 })
      case 'conv-batch-norm':
        return this.#batchNorm(this.#conv(x, few))
      case 'conv-factor':
        return this.#apply('Mul', this.#conv(x, few), [this.#random([1, few, 1, 1], 0.8)])
      case 'relu':
        return this.#apply('Relu', x)
      case 'clip':
        return this.#apply('Clip', x, [this.#number(0), this.#number(0.8)])
      case 'leaky':
        return this.#apply('LeakyRelu', x, [], { alpha: this.#share() })
      case 'prelu':
        return this.#apply('PRelu', x, [this.#number(this.#share())])
      case 'prelu-negative':
        return this.#apply('PRelu', x, [this.#slopes(channels, 0, 0.5)])
      case 'hard-sigmoid':
        return this.#apply('HardSigmoid', x)
      case 'bounds':
        return this.#apply('Min', this.#apply('Max', x, [this.#number(-0.7)]), [this.#number(1.1)])
      case 'batch-norm':
        return this.#batchNorm(x)
      case 'offset':
        return this.#apply('Add', x, [this.#random([1, channels, 1, 1], 0.4)])
      case 'reversed':
        return { ...x, value: this.node('Sub', [this.#number(0.5), x.value]) }
      case 'factor':
        return this.#apply('Mul', x, [this.#number(0.5 + this.#draw())])
      case 'quotient':
        return this.#apply('Div', x, [this.#number(-0.7 - this.#draw())])
      case 'residual':
        return this.#apply('Add', this.#conv(x, channels), [x.value])
      case 'residual-relu':
        return this.#apply('Relu', this.#apply('Add', x, [this.#conv(x, channels).value]))
      case 'projection':
        return this.#apply('Add', this.#conv(x, few, { kernel: [3, 3] }), [
          this.#conv(x, few, { kernel: [1, 1] }).value,
        ])
      case 'difference':
        return this.#apply('Sub', x, [this.#conv(x, channels).value])
      case 'sum': {
        const parts = [0, 1].map(() => this.#conv(x, channels).value)
        return this.#apply('Sum', x, parts)
      }
      case 'twice':
        return this.#apply('Add', x, [x.value])
      case 'leaky-residual': {
        const inner = this.#apply('LeakyRelu', this.#conv(x, channels), [], { alpha: this.#share() })
        return this.#apply('Add', inner, [x.value])
      }
      case 'concat': {
        const other = this.#apply('Relu', this.#conv(x, few))
        return { ...x, value: this.node('Concat', [x.value, other.value], { axis: 1 }), channels: channels + few }
      }
      case 'concat-rows': {
        const below = this.#conv(x, channels)
        return { ...x, value: this.node('Concat', [x.value, below.value], { axis: 2 }), height: 2 * height }
      }
      case 'split': {
        const [first, second] = this.#split(this.#conv(x, 7), 1, [3, 4])
        const joined = this.node('Concat', [second!, this.#apply('Relu', { ...x, value: first! }).value], { axis: 1 })
        return { ...x, value: joined, channels: 7 }
      }
      case 'split-columns': {
        if (width < 2) return x
        const [left, right] = this.#split(x, 3, [1, width - 1])
        return { ...x, value: this.node('Concat', [right!, left!], { axis: 3 }) }
      }
      case 'slice':
        return channels < 3 ? x : { ...this.#slice(x, 1, channels - 1, 1), channels: channels - 2 }
      case 'crop':
        return height < 4 ? x : { ...this.#slice(x, 1, height, 2), height: height - 1 }
      case 'shuffle': {
        const even = this.#apply('Relu', this.#conv(x, 6))
        const groups = this.node('Reshape', [even.value, this.#integers(1, 2, 3, height, width)])
        const turned = this.node('Transpose', [groups], { perm: [0, 2, 1, 3, 4] })
        return { ...even, value: this.node('Reshape', [turned, this.#integers(1, 6, height, width)]) }
      }
      case 'wide':
        return { ...this.#apply('Pad', x, [this.#integers(0, 1, 0, 0, 0, 1, 0, 0)]), channels: channels + 2 }
      case 'pad':
        return {
          ...this.#apply('Pad', x, [this.#integers(0, 0, 1, 0, 0, 0, 0, 1)]),
          height: height + 1,
          width: width + 1,
        }
      case 'pad-conv': {
        const padded = this.#apply('Pad', x, [this.#integers(0, 0, 1, 1, 0, 0, 1, 1)])
        return this.#conv({ ...padded, height: height + 2, width: width + 2 }, few, {
          kernel: [3, 3],
          pads: [0, 0, 0, 0],
        })
      }
      case 'max-pool':
        return height < 2 || width < 2 ? x : this.#windowed('MaxPool', x, channels, [2, 2], 2, [0, 0, 0, 0])
      case 'max-pool-overlapping':
        return this.#windowed('MaxPool', x, channels, [3, 3], 2, [1, 1, 1, 1])
      case 'average':
        return height < 2 || width < 2 ? x : this.#windowed('AveragePool', x, channels, [2, 2], 1, [0, 0, 0, 0])
      case 'average-padded':
        return this.#windowed('AveragePool', x, channels, [3, 3], 2, [1, 1, 1, 1], { count_include_pad: 1 })
      case 'average-conv': {
        const made = this.#conv(x, few)
        return height < 2 || width < 2 ? made : this.#windowed('AveragePool', made, few, [2, 2], 2, [0, 0, 0, 0])
      }
      case 'leaky-pool': {
        const made = this.#apply('LeakyRelu', this.#conv(x, few), [], { alpha: this.#share() })
        return this.#windowed('MaxPool', made, few, [3, 3], 1, [1, 1, 1, 1])
      }
      default:
        return step satisfies never
    }
  }

  #end(x: Feature): string {
    const mean = (): Feature => ({ ...this.#apply('GlobalAveragePool', x), height: 1, width: 1 })
    const flat = (from: Feature): string => this.node('Flatten', [from.value], { axis: 1 })
    const { channels, height, width } = x
    switch (this.#drawn.end) {
      case 'map':
        return x.value
      case 'conv':
        return this.#conv(x, 4).value
      case 'global':
        return mean().value
      case 'global-relu':
        return this.#apply('Relu', mean()).value
      case 'global-matrix':
        return this.#matrix(flat(mean()), channels, 5)
      case 'global-conv':
        return this.#conv(this.#apply('Relu', this.#conv(mean(), 5, { kernel: [1, 1] })), 4, { kernel: [1, 1] }).value
      case 'global-leaky':
        return this.#apply('LeakyRelu', mean(), [], { alpha: 0.2 }).value
      case 'reduced':
        return this.#drawn.opset < 18
          ? this.node('ReduceMean', [x.value], { axes: [2, 3], keepdims: 1 })
          : this.node('ReduceMean', [x.value, this.#integers(2, 3)], { keepdims: 1 })
      case 'greatest':
        return Math.max(height, width) > 8 ? x.value : this.node('GlobalMaxPool', [x.value])
      case 'flat-matrix':
        return this.#matrix(flat(x), channels * height * width, 5)
      case 'two-matrices':
        return this.#matrix(this.node('Relu', [this.#matrix(flat(x), channels * height * width, 6)]), 6, 4)
      case 'product-offset': {
        const weights = this.#random([channels, 4], 1 / Math.sqrt(channels))
        return this.node('Add', [this.node('MatMul', [flat(mean()), weights]), this.#random([4], 0.3)])
      }
      default:
        return this.#drawn.end satisfies never
    }
  }

  #conv(
    x: Feature,
    outputs: number,
    own: {
      kernel?: readonly [number, number]
      stride?: number
      dilation?: number
      groups?: number
      pads?: readonly number[]
    } = {},
  ): Feature {
    const { kernel = this.#pick(0, 1) === 0 ? [1, 1] : [3, 3], stride = 1, dilation = 1, groups = 1 } = own
    const before = kernel.map((size) => (dilation * (size - 1)) >> 1)
    const { pads = [...before, ...before] } = own
    return this.#windowed('Conv', x, outputs, kernel, stride, pads, { group: groups, dilations: [dilation, dilation] })
  }

  /** A convolution or a pool. */
  #windowed(
    op: 'Conv' | 'MaxPool' | 'AveragePool',
    x: Feature,
    outputs: number,
    kernel: readonly [number, number],
    stride: number,
    pads: readonly number[],
    own: Attributes = {},
  ): Feature {
    const groups = Number(own['group'] ?? 1)
    const { group: _, dilations = [1, 1], ...rest } = own
    const isConv = op === 'Conv'
    const inputs = x.channels / groups
    const deviation = Math.sqrt(1.4 / (inputs * kernel[0] * kernel[1]))
    const weights = isConv ? [this.#random([outputs, inputs, ...kernel], deviation)] : []
    const bias = isConv && this.#draw() < 0.7 ? [this.#random([outputs], 0.2)] : []
    const attributes = {
      ...rest,
      kernel_shape: [...kernel],
      strides: [stride, stride],
      ...(pads.length === 0 ? {} : { pads: [...pads] }),
      ...(isConv ? { group: groups, dilations } : {}),
    }
    const [dilation] = dilations as readonly number[]
    const along = (extent: number, axis: 0 | 1): number =>
      pads.length === 0
        ? Math.ceil(extent / stride)
        : Math.floor((extent + pads[axis]! + pads[axis + 2]! - dilation! * (kernel[axis] - 1) - 1) / stride) + 1
    return {
      value: this.node(op, [x.value, ...weights, ...bias], attributes),
      channels: outputs,
      height: along(x.height, 0),
      width: along(x.width, 1),
    }
  }

  #apply(op: string, x: Feature, others: readonly string[] = [], attributes: Attributes = {}): Feature {
    return { ...x, value: this.node(op, [x.value, ...others], attributes) }
  }

  #batchNorm(x: Feature): Feature {
    const { channels } = x
    const positive = (deviation: number): string =>
      this.#constant(
        Array.from({ length: channels }, () => 0.5 + deviation * this.#draw()),
        [channels],
      )
    const inputs = [positive(1), this.#random([channels], 0.3), this.#random([channels], 0.3), positive(0.6)]
    return this.#apply('BatchNormalization', x, inputs, { epsilon: 1e-5 })
  }

  #matrix(x: string, inputs: number, outputs: number): string {
    const weights = [this.#random([outputs, inputs], 1 / Math.sqrt(inputs)), this.#random([outputs], 0.2)]
    return this.node('Gemm', [x, ...weights], { transB: 1 })
  }

  #split({ value }: Feature, axis: number, lengths: readonly number[]): readonly string[] {
    const name = `split${this.#count++}`
    const outputs = lengths.map((_, at) => `${name}.${at}`)
    const isInput = this.#drawn.opset >= 13
    this.node(
      'Split',
      [value, ...(isInput ? [this.#integers(...lengths)] : [])],
      { axis, ...(isInput ? {} : { split: [...lengths] }) },
      { name, outputs },
    )
    return outputs
  }

  #slice(x: Feature, from: number, to: number, axis: number): Feature {
    const bounds = [from, to, axis].map((value) => this.#integers(value))
    return this.#apply('Slice', x, bounds)
  }

  #slopes(channels: number, middle: number, deviation: number): string {
    const values = Array.from({ length: channels }, () => middle + deviation * normal(this.#draw))
    return this.#constant(values, [channels, 1, 1])
  }

  #share(): number {
    return 0.01 + 0.4 * this.#draw()
  }

  #pick(low: number, high: number): number {
    return low + Math.floor(this.#draw() * (high - low + 1))
  }

  #number(value: number): string {
    return this.#constant([value], [])
  }

  #random(shape: readonly number[], deviation: number): string {
    const size = shape.reduce((all, extent) => all * extent, 1)
    return this.#constant(
      Array.from({ length: size }, () => deviation * normal(this.#draw)),
      shape,
    )
  }

  #constant(values: readonly number[], shape: readonly number[]): string {
    return this.constant(`c${this.#count++}`, tensorOf('float32', values, shape))
  }

  #integers(...values: number[]): string {
    return this.constant(`c${this.#count++}`, tensorOf('int64', values, [values.length]))
  }
}
