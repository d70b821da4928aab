// Networks with seeded random weights, operator by operator as exporters write them. The example models are built from these.

import { elementAt } from '../../base/defined.ts'
import { normal, random } from '../../base/random.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { tensor } from '../../compiler/graph/tensor.ts'

/** A value [1, channels, size, size]. */
export interface Feature {
  readonly value: string
  readonly channels: number
  readonly size: number
}

export interface ConvolutionOptions {
  readonly stride?: number
  readonly pad?: number
  readonly groups?: number
  /** deviation of the weights times the square root of their number in a row; √2 keeps the power of activations when a Relu follows */
  readonly gain?: number
}

/** Draws weights in the order in which layers are added: the same seed gives the same network. */
export class NetworkBuilder {
  readonly #graph: GraphBuilder
  readonly #uniform: () => number

  constructor(name: string, seed: number) {
    this.#graph = new GraphBuilder(name, 17)
    this.#graph.metadata('seed', String(seed))
    this.#uniform = random(seed)
  }

  image(size: number): Feature {
    return { value: this.#graph.input('input', [1, 3, size, size]), channels: 3, size }
  }

  convolution(
    from: Feature,
    name: string,
    channels: number,
    kernel: number,
    options: ConvolutionOptions = {},
  ): Feature {
    const { stride = 1, pad = kernel >> 1, groups = 1, gain = Math.SQRT2 } = options
    const inputs = from.channels / groups
    const deviation = gain / Math.sqrt(inputs * kernel * kernel)
    const weights = [
      this.#weights(`${name}.weight`, [channels, inputs, kernel, kernel], deviation),
      this.#weights(`${name}.bias`, [channels], 0.05),
    ]
    const attributes = {
      dilations: [1, 1],
      group: groups,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    }
    const value = this.#graph.node('Conv', [from.value, ...weights], attributes, { name: `/${name}/Conv` })
    return { value, channels, size: Math.floor((from.size + 2 * pad - kernel) / stride) + 1 }
  }

  /** Scale near 1 and small shifts, as trained networks have them. */
  batchNorm(from: Feature, name: string): Feature {
    const shape = [from.channels]
    const parameters = [
      this.#weights(`${name}.weight`, shape, 0.1, 1),
      this.#weights(`${name}.bias`, shape, 0.1),
      this.#weights(`${name}.running_mean`, shape, 0.1),
      this.#weights(`${name}.running_var`, shape, 0, 1),
    ]
    return this.#apply('BatchNormalization', from, name, parameters, { epsilon: 1e-5 })
  }

  relu(from: Feature, name: string): Feature {
    return this.#apply('Relu', from, name)
  }

  /** Relu with an upper bound of 6. */
  relu6(from: Feature, name: string): Feature {
    const bounds = [this.#constant(`${name}.low`, 0), this.#constant(`${name}.high`, 6)]
    return this.#apply('Clip', from, name, bounds)
  }

  concat(parts: readonly Feature[], name: string): Feature {
    const values = parts.map(({ value }) => value)
    const value = this.#graph.node('Concat', values, { axis: 1 }, { name: `/${name}/Concat` })
    return { ...elementAt(parts, 0), value, channels: parts.reduce((sum, { channels }) => sum + channels, 0) }
  }

  /** 3×3 windows, stride 2; with `ceil` the last window may reach outside of the map, else a row of padding surrounds it. */
  maxPool(from: Feature, name: string, ceil: boolean): Feature {
    const pad = ceil ? 0 : 1
    const attributes = { ceil_mode: ceil ? 1 : 0, kernel_shape: [3, 3], pads: [pad, pad, pad, pad], strides: [2, 2] }
    const free = (from.size + 2 * pad - 3) / 2
    return { ...this.#apply('MaxPool', from, name, [], attributes), size: (ceil ? Math.ceil : Math.floor)(free) + 1 }
  }

  /** 2×2 windows, stride 2. */
  averagePool(from: Feature, name: string): Feature {
    const pooled = this.#apply('AveragePool', from, name, [], { kernel_shape: [2, 2], strides: [2, 2] })
    return { ...pooled, size: Math.floor(from.size / 2) }
  }

  globalPool(from: Feature, name: string): Feature {
    return { ...this.#apply('GlobalAveragePool', from, name), size: 1 }
  }

  /** The graph whose output is a flattened feature. */
  flatten(from: Feature): Graph {
    const options = { name: '/Flatten', outputs: ['output'] }
    return this.#graph.build([this.#graph.node('Flatten', [from.value], { axis: 1 }, options)])
  }

  /** The graph that ends with a matrix over a flattened feature. */
  classify(from: Feature, name: string, classes: number): Graph {
    const flat = this.#graph.node('Flatten', [from.value], { axis: 1 }, { name: '/Flatten' })
    const weights = [
      this.#weights(`${name}.weight`, [classes, from.channels], 1 / Math.sqrt(from.channels)),
      this.#weights(`${name}.bias`, [classes], 0.05),
    ]
    const options = { name: `/${name}/Gemm`, outputs: ['output'] }
    return this.#graph.build([this.#graph.node('Gemm', [flat, ...weights], { alpha: 1, beta: 1, transB: 1 }, options)])
  }

  #apply(op: string, from: Feature, name: string, inputs: readonly string[] = [], attributes = {}): Feature {
    const value = this.#graph.node(op, [from.value, ...inputs], attributes, { name: `/${name}/${op}` })
    return { ...from, value }
  }

  #weights(name: string, shape: readonly number[], deviation: number, mean = 0): string {
    const size = shape.reduce((product, extent) => product * extent, 1)
    const values = Float32Array.from({ length: size }, () => mean + normal(this.#uniform) * deviation)
    return this.#graph.constant(name, tensor(values, shape))
  }

  #constant(name: string, value: number): string {
    return this.#graph.constant(name, tensor(Float32Array.of(value), []))
  }
}
