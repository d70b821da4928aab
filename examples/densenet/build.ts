// DenseNet-BC: every layer reads the concatenation of all before it in its block; random weights.

import type { Graph } from '../../compiler/graph/graph.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { type Feature, NetworkBuilder } from '../support/network.ts'

const shapes = {
  /** DenseNet-BC of 40 layers, growth 12, for CIFAR-10 */
  32: { growth: 12, blocks: [6, 6, 6], first: 24, classes: 10 },
  /** DenseNet-121 */
  224: { growth: 32, blocks: [6, 12, 24, 16], first: 64, classes: 1000 },
} as const

export function densenet(imageSize: 32 | 224, seed: number): Graph {
  const { growth, blocks, first, classes } = shapes[imageSize]
  const net = new NetworkBuilder(`densenet${imageSize}`, seed)
  let feature = net.image(imageSize)
  if (imageSize === 32) feature = net.convolution(feature, 'conv0', first, 3)
  else
    feature = net.maxPool(
      activated(net.convolution(feature, 'conv0', first, 7, { stride: 2 }), 'norm0'),
      'pool0',
      false,
    )
  blocks.forEach((layers, block) => {
    for (let layer = 0; layer < layers; layer++) {
      const name = `block${block + 1}/layer${layer + 1}`
      const inner = net.convolution(activated(feature, `${name}/norm1`), `${name}/conv1`, 4 * growth, 1)
      const added = net.convolution(activated(inner, `${name}/norm2`), `${name}/conv2`, growth, 3)
      feature = net.concat([feature, added], name)
    }
    if (block === blocks.length - 1) return
    const name = `transition${block + 1}`
    const narrow = net.convolution(activated(feature, `${name}/norm`), `${name}/conv`, feature.channels >> 1, 1)
    feature = net.averagePool(narrow, name)
  })
  return net.classify(net.globalPool(activated(feature, 'norm5'), 'pool'), 'classifier', classes)

  function activated(from: Feature, name: string): Feature {
    return net.relu(net.batchNorm(from, name), name)
  }
}

/** The model as an ONNX file, the same bytes for the same seed. */
export const build = (seed = 1, imageSize: 32 | 224 = 32): Uint8Array => writeOnnx(densenet(imageSize, seed))
