// Small float graphs, one an operator or a combination of them: what every machine must compile and compute exactly.

import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { normal, random } from '../../base/random.ts'

/** What a case builds with: every convolution and matrix gets seeded weights. */
export class CaseGenerator {
  readonly graph: GraphBuilder
  readonly #uniform: () => number
  #constants = 0

  constructor(name: string, seed: number) {
    this.graph = new GraphBuilder(name)
    this.#uniform = random(seed)
  }

  weights(shape: readonly number[], scale: number): string {
    const size = shape.reduce((a, b) => a * b, 1)
    const values = Float32Array.from({ length: size }, () => scale * normal(this.#uniform))
    return this.graph.constant(`w${this.#constants++}`, tensorOf('float32', values, shape))
  }

  integers(...values: number[]): string {
    return this.graph.constant(`w${this.#constants++}`, tensorOf('int64', values, [values.length]))
  }

  /** A whole number without axes. */
  scalar(value: number): string {
    return this.graph.constant(`w${this.#constants++}`, tensorOf('int64', [value], []))
  }

  number(value: number): string {
    return this.graph.constant(`w${this.#constants++}`, tensorOf('float32', [value], []))
  }

  /** A convolution with bias that keeps the size, unless stated otherwise. */
  conv(
    from: string,
    [inputs, outputs]: readonly [number, number],
    kernel: number,
    own: { stride?: number; group?: number; dilation?: number; pad?: number } = {},
  ): string {
    const { stride = 1, group = 1, dilation = 1 } = own
    const { pad = (dilation * (kernel - 1)) >> 1 } = own
    const shape = [outputs, inputs / group, kernel, kernel]
    const scale = Math.sqrt((1.5 * group) / (inputs * kernel * kernel))
    return this.graph.node('Conv', [from, this.weights(shape, scale), this.weights([outputs], 0.2)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [dilation, dilation],
      group,
    })
  }

  gemm(from: string, inputs: number, outputs: number): string {
    const scale = 1 / Math.sqrt(inputs)
    const values = [from, this.weights([outputs, inputs], scale), this.weights([outputs], 0.2)]
    return this.graph.node('Gemm', values, { transB: 1 })
  }

  relu(from: string): string {
    return this.graph.node('Relu', [from])
  }

  concat(...values: string[]): string {
    return this.graph.node('Concat', values, { axis: 1 })
  }

  pool(op: 'MaxPool' | 'AveragePool', from: string, kernel: number, stride: number, own: Record<string, unknown> = {}) {
    return this.graph.node(op, [from], { kernel_shape: [kernel, kernel], strides: [stride, stride], ...own } as never)
  }
}

export interface OperatorCase {
  readonly name: string
  /** [channels, height, width] */
  readonly input: readonly [number, number, number]
  readonly build: (draw: CaseGenerator, input: string) => string
}

export function buildCase({ name, input, build }: OperatorCase, seed = 1): FloatGraph {
  const draw = new CaseGenerator(name, seed)
  return draw.graph.build([build(draw, draw.graph.input('input', [1, ...input]))])
}

/** A tensor of normal numbers for the graph's input. */
export function normalImage({ inputs }: FloatGraph, seed: number): Tensor {
  const [{ shape }] = elements(inputs, 1)
  const uniform = random(seed)
  const size = shape.reduce((a, b) => a * b, 1)
  return tensorOf(
    'float32',
    Float32Array.from({ length: size }, () => normal(uniform)),
    shape,
  )
}
