// Residual networks with seeded random weights, node by node as PyTorch exports them with batch norms folded into the convolutions.

import { elementAt } from '../../base/defined.ts'
import { normal, random } from '../../base/random.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensor, tensorOf } from '../../compiler/graph/tensor.ts'

/** The parameters of a residual network. */
export interface ResnetShape {
  readonly name: string
  /** Rows and columns of the image, which has three channels. */
  readonly imageSize: number
  readonly stem: { readonly kernel: number; readonly stride: number; readonly maxPool: boolean }
  /** Channels of each stage; every stage after the first begins with stride 2. */
  readonly stageChannels: readonly number[]
  /** One number for all stages, or a number for each stage. */
  readonly blocksPerStage: number | readonly number[]
  /** Blocks of 1×1, 3×3 and 1×1 convolutions whose output has this multiple of the stage's channels; absent: two 3×3 convolutions. */
  readonly bottleneck?: number
  /** Where a stage begins with stride 2: a 1×1 convolution, or every second pixel with zero channels added (option A). */
  readonly shortcut: 'projection' | 'slice-and-pad'
  readonly classes: number
}

/** torchvision's networks for ImageNet: 224×224 pixels, stages of 64, 128, 256 and 512 channels. */
export const imagenetShape = (
  name: string,
  blocksPerStage: ResnetShape['blocksPerStage'],
  bottleneck?: number,
): ResnetShape => ({
  name,
  imageSize: 224,
  stem: { kernel: 7, stride: 2, maxPool: true },
  stageChannels: [64, 128, 256, 512],
  blocksPerStage,
  ...(bottleneck === undefined ? {} : { bottleneck }),
  shortcut: 'projection',
  classes: 1000,
})

/** Weights of a shape and a standard deviation. */
export interface WeightSource {
  readonly weights: (shape: readonly number[], deviation: number) => Tensor
}

interface Feature {
  readonly value: string
  readonly channels: number
  readonly size: number
}

/**
 * A network with He-initialised weights. The last convolution of each block is drawn at half scale, so that the sums of the
 * residual branches stay bounded as they do in trained networks.
 * @param draw the source of weights, where their values do not matter
 */
export function resnet(shape: ResnetShape, seed: number, draw: WeightSource = weightSource(seed)): Graph {
  const graph = new GraphBuilder(shape.name, 17)
  graph.metadata('seed', String(seed))

  const { kernel, stride, maxPool } = shape.stem
  const image = {
    value: graph.input('input', [1, 3, shape.imageSize, shape.imageSize]),
    channels: 3,
    size: shape.imageSize,
  }
  let feature = relu(convolve(image, 'conv1', elementAt(shape.stageChannels, 0), kernel, stride, Math.SQRT2), '/Relu')
  if (maxPool) {
    const attributes = { ceil_mode: 0, dilations: [1, 1], kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }
    const value = graph.node('MaxPool', [feature.value], attributes, { name: '/maxpool/MaxPool' })
    feature = { ...feature, value, size: Math.ceil(feature.size / 2) }
  }
  shape.stageChannels.forEach((channels, stage) => {
    const blocks =
      typeof shape.blocksPerStage === 'number' ? shape.blocksPerStage : elementAt(shape.blocksPerStage, stage)
    for (let index = 0; index < blocks; index++) {
      const step = stage > 0 && index === 0 ? 2 : 1
      feature = block(feature, `layer${stage + 1}.${index}`, channels, step)
    }
  })
  const pooled = graph.node('GlobalAveragePool', [feature.value], {}, { name: '/GlobalAveragePool' })
  const flat = graph.node('Flatten', [pooled], { axis: 1 }, { name: '/Flatten' })
  const weight = graph.constant(
    'fc.weight',
    draw.weights([shape.classes, feature.channels], 1 / Math.sqrt(feature.channels)),
  )
  const bias = graph.constant('fc.bias', draw.weights([shape.classes], 0.05))
  const options = { name: '/fc/Gemm', outputs: ['output'] }
  return graph.build([graph.node('Gemm', [flat, weight, bias], { alpha: 1, beta: 1, transB: 1 }, options)])

  function block(input: Feature, path: string, channels: number, step: number): Feature {
    const scope = `/${path.split('.')[0]}/${path}`
    const branch = shape.bottleneck === undefined ? plain() : bottleneck(shape.bottleneck)
    const skip = step === 1 && input.channels === branch.channels ? input : shortcut(input, path, branch.channels, step)
    const sum = graph.node('Add', [branch.value, skip.value], {}, { name: `${scope}/Add` })
    return relu({ ...branch, value: sum }, `${scope}/Relu_${shape.bottleneck === undefined ? 1 : 2}`)

    function plain(): Feature {
      const inner = relu(convolve(input, `${path}.conv1`, channels, 3, step, Math.SQRT2), `${scope}/Relu`)
      return convolve(inner, `${path}.conv2`, channels, 3, 1, 0.5)
    }

    /** The stride is that of the 3×3 convolution, as in torchvision. */
    function bottleneck(expansion: number): Feature {
      const narrow = relu(convolve(input, `${path}.conv1`, channels, 1, 1, Math.SQRT2), `${scope}/Relu`)
      const inner = relu(convolve(narrow, `${path}.conv2`, channels, 3, step, Math.SQRT2), `${scope}/Relu_1`)
      return convolve(inner, `${path}.conv3`, expansion * channels, 1, 1, 0.5)
    }
  }

  function shortcut(input: Feature, path: string, channels: number, step: number): Feature {
    return shape.shortcut === 'projection'
      ? convolve(input, `${path}.downsample.0`, channels, 1, step, 1)
      : sliceAndPad(graph, input, `/${path.split('.')[0]}/${path}`, channels)
  }

  /** A convolution whose weights have the standard deviation gain / sqrt(fan-in). */
  function convolve(
    input: Feature,
    path: string,
    channels: number,
    kernelSize: number,
    step: number,
    gain: number,
  ): Feature {
    const fanIn = input.channels * kernelSize ** 2
    const weights = draw.weights([channels, input.channels, kernelSize, kernelSize], gain / Math.sqrt(fanIn))
    const weightName = graph.constant(`${path}.weight`, weights)
    const biasName = graph.constant(`${path}.bias`, draw.weights([channels], 0.05))
    const pad = kernelSize >> 1
    const attributes = {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [kernelSize, kernelSize],
      pads: [pad, pad, pad, pad],
      strides: [step, step],
    }
    const value = graph.node('Conv', [input.value, weightName, biasName], attributes, { name: scopeOf(path, 'Conv') })
    return { value, channels, size: Math.floor((input.size + 2 * pad - kernelSize) / step) + 1 }
  }

  function relu(input: Feature, name: string): Feature {
    return { ...input, value: graph.node('Relu', [input.value], {}, { name }) }
  }
}

/** `layer1.0.conv1` as PyTorch's exporter names its node: `/layer1/layer1.0/conv1/Conv`. */
function scopeOf(path: string, op: string): string {
  const [stage, index, ...rest] = path.split('.')
  if (index === undefined) return `/${stage}/${op}`
  const inner = rest[0] === 'downsample' ? `downsample/downsample.${rest[1]}` : rest.join('/')
  return `/${stage}/${stage}.${index}/${inner}/${op}`
}

/** `F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, c, c))`, with the chain of constants by which PyTorch states the padding. */
function sliceAndPad(graph: GraphBuilder, input: Feature, scope: string, channels: number): Feature {
  let constants = 0
  const constant = (...values: number[]) => {
    const name = `${scope}/Constant${constants === 0 ? '' : `_${constants}`}`
    constants++
    return graph.node('Constant', [], { value: int64(values) }, { name })
  }
  const everySecond = (value: string, axis: number, name: string) => {
    const [axes, starts, ends, steps] = [constant(axis), constant(0), constant(Number.MAX_SAFE_INTEGER), constant(2)]
    return graph.node('Slice', [value, starts, ends, axes, steps], {}, { name: `${scope}/${name}` })
  }
  const node = (op: string, inputs: readonly string[], name: string, attributes = {}) =>
    graph.node(op, inputs, attributes, { name: `${scope}/${name}` })

  const sliced = everySecond(everySecond(input.value, 2, 'Slice'), 3, 'Slice_1')
  const added = (channels - input.channels) / 2
  const rest = node('ConstantOfShape', [constant(2)], 'ConstantOfShape', { value: int64([0]) })
  const listed = node('Concat', [constant(0, 0, 0, 0, added, added), rest], 'Concat', { axis: 0 })
  const pairs = node('Reshape', [listed, constant(-1, 2)], 'Reshape', { allowzero: 0 })
  const [axes, starts, ends, steps] = [constant(0), constant(-1), constant(-Number.MAX_SAFE_INTEGER), constant(-1)]
  const reversed = node('Slice', [pairs, starts, ends, axes, steps], 'Slice_2')
  const columns = node('Transpose', [reversed], 'Transpose', { perm: [1, 0] })
  const flat = node('Reshape', [columns, constant(-1)], 'Reshape_1', { allowzero: 0 })
  const pads = node('Cast', [flat], 'Cast', { to: 7 })
  const value = node('Pad', [sliced, pads], 'Pad', { mode: 'constant' })
  return { value, channels, size: Math.ceil(input.size / 2) }
}

function int64(values: readonly number[]): Tensor {
  return tensorOf('int64', values, [values.length])
}

/** Normal variates from one seed, in the order in which they are asked for. */
function weightSource(seed: number): WeightSource {
  const uniform = random(seed)
  return {
    weights(shape: readonly number[], deviation: number): Tensor {
      const size = shape.reduce((product, extent) => product * extent, 1)
      return tensor(
        Float32Array.from({ length: size }, () => normal(uniform) * deviation),
        shape,
      )
    },
  }
}
