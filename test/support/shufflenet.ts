// ShuffleNet V2 as PyTorch's TorchScript exporter writes it: channels split, joined and shuffled by shapes that are computed node by node.

import { normal, random } from '../../base/random.ts'
import { sizeOf, type Tensor, tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import type { NodeProto } from '../../compiler/onnx/generated/onnx_pb.ts'
import { type ModelText, node, scalar } from './onnx-model.ts'

export interface ShuffleNet {
  /** rows and columns of the image */
  readonly size: number
  /** channels behind the first convolution, behind each stage, and behind the last one */
  readonly channels: readonly [first: number, ...others: number[]]
  /** blocks of each stage, the first of which halves the picture */
  readonly blocks: readonly number[]
  readonly classes: number
  readonly seed: number
}

/** ×1.0 as published, at 224×224. */
export const fullShuffleNet: ShuffleNet = {
  size: 224,
  channels: [24, 116, 232, 464, 1024],
  blocks: [4, 8, 4],
  classes: 1000,
  seed: 1,
}

/** The same with one stage of two blocks, for a small picture. */
export const smallShuffleNet: ShuffleNet = { size: 32, channels: [8, 24, 32], blocks: [2], classes: 10, seed: 1 }

export function shuffleNet(network: ShuffleNet): ModelText {
  const writer = new Writer(network.seed)
  const [first, ...stages] = network.channels
  const last = stages.pop() as number
  let value = writer.convolution('x', 3, first, 3, { stride: 2, isRelu: true })
  value = writer.add('MaxPool', value, { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] })
  let channels = first
  stages.forEach((outputs, stage) => {
    for (let block = 0; block < network.blocks[stage]!; block++)
      value = block === 0 ? writer.halving(value, channels, outputs) : writer.keeping(value, outputs)
    channels = outputs
  })
  value = writer.convolution(value, channels, last, 1, { isRelu: true })
  value = writer.add('ReduceMean', value, { axes: [2, 3], keepdims: 0 })
  const parameters = [
    writer.weights([network.classes, last], 1 / Math.sqrt(last)),
    writer.weights([network.classes], 0.1),
  ]
  writer.nodes.push(
    node('Gemm', 'y', [value, ...parameters].join(' '), { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 }),
  )
  return {
    opset: 11,
    inputs: { x: ['batch', 3, network.size, network.size] },
    outputs: ['y'],
    constants: writer.constants,
    nodes: writer.nodes,
  }
}

interface Convolution {
  readonly stride?: number
  readonly isDepthwise?: boolean
  readonly isRelu?: boolean
}

class Writer {
  readonly nodes: NodeProto[] = []
  readonly constants: Record<string, Tensor> = {}
  readonly #uniform: () => number
  #count = 0

  constructor(seed: number) {
    this.#uniform = random(seed)
  }

  add(op: string, inputs: string, attributes: Parameters<typeof node>[3] = {}): string {
    const name = `v${this.#count++}`
    this.nodes.push(node(op, name, inputs, attributes))
    return name
  }

  weights(shape: readonly number[], deviation: number, mean = 0): string {
    const name = `w${this.#count++}`
    const data = Float32Array.from({ length: sizeOf(shape) }, () => mean + deviation * normal(this.#uniform))
    this.constants[name] = tensor(data, shape)
    return name
  }

  /** Convolution and batch norm, with Relu behind it if `isRelu`. */
  convolution(value: string, inputs: number, outputs: number, kernel: number, own: Convolution): string {
    const { stride = 1, isDepthwise = false, isRelu = false } = own
    const group = isDepthwise ? inputs : 1
    const fan = (inputs / group) * kernel * kernel
    const weights = this.weights([outputs, inputs / group, kernel, kernel], Math.sqrt((isRelu ? 2 : 1) / fan))
    const pad = (kernel - 1) / 2
    const convolved = this.add('Conv', `${value} ${weights}`, {
      dilations: [1, 1],
      group,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    })
    const variance = `w${this.#count++}`
    this.constants[variance] = tensorOf(
      'float32',
      Array.from({ length: outputs }, () => 0.8 + 0.4 * this.#uniform()),
      [outputs],
    )
    const norm = [this.weights([outputs], 0.1, 1), this.weights([outputs], 0.1), this.weights([outputs], 0.1), variance]
    const normed = this.add('BatchNormalization', [convolved, ...norm].join(' '), {
      epsilon: { float: 1e-5 },
      momentum: { float: 0.9 },
    })
    return isRelu ? this.add('Relu', normed) : normed
  }

  /** A block with two branches that halve rows and columns. */
  halving(value: string, inputs: number, outputs: number): string {
    const half = outputs / 2
    const left = this.convolution(value, inputs, inputs, 3, { stride: 2, isDepthwise: true })
    const ends = [this.convolution(left, inputs, half, 1, { isRelu: true }), this.#branch(value, inputs, half, 2)]
    return this.#shuffled(this.add('Concat', ends.join(' '), { axis: 1 }))
  }

  /** A block whose first half of channels passes by. */
  keeping(value: string, channels: number): string {
    const [passed, worked] = [`v${this.#count++}`, `v${this.#count++}`]
    const half = channels / 2
    this.nodes.push(node('Split', `${passed} ${worked}`, value, { axis: 1, split: [half, half] }))
    return this.#shuffled(this.add('Concat', `${passed} ${this.#branch(worked, half, half, 1)}`, { axis: 1 }))
  }

  #branch(value: string, inputs: number, half: number, stride: number): string {
    const narrowed = this.convolution(value, inputs, half, 1, { isRelu: true })
    const deep = this.convolution(narrowed, half, half, 3, { stride, isDepthwise: true })
    return this.convolution(deep, half, half, 1, { isRelu: true })
  }

  /** `x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous().view(batch, -1, height, width)`. */
  #shuffled(value: string): string {
    const extent = (axis: number): string => this.#extent(value, axis)
    const [batch, channels, height, width] = [extent(0), extent(1), extent(2), extent(3)]
    const groups = this.#constant(2)
    const each = this.add('Div', `${channels} ${groups}`)
    const grouped = this.add('Reshape', `${value} ${this.#list(batch, groups, each, height, width)}`)
    const turned = this.add('Transpose', grouped, { perm: [0, 2, 1, 3, 4] })
    return this.add('Reshape', `${turned} ${this.#list(batch, this.#constant(-1), height, width)}`)
  }

  #extent(value: string, axis: number): string {
    return this.add('Gather', `${this.add('Shape', value)} ${this.#constant(axis)}`, { axis: 0 })
  }

  #constant(value: number): string {
    return this.add('Constant', '', { value: scalar(value) })
  }

  #list(...extents: readonly string[]): string {
    return this.add('Concat', extents.map((extent) => this.add('Unsqueeze', extent, { axes: [0] })).join(' '), {
      axis: 0,
    })
  }
}
