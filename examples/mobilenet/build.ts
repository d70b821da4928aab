// MobileNet V1: alternating depthwise and pointwise convolutions, bounded at 6; random weights.

import type { Graph } from '../../compiler/graph/graph.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { NetworkBuilder } from '../support/network.ts'

/** Channels of each pointwise convolution and the stride of the depthwise one before it, as at 224×224. */
const pairs = [[64, 1], [128, 2], [128, 1], [256, 2], [256, 1], [512, 2], [512, 1], [512, 1], [512, 1], [512, 1], [512, 1], [1024, 2], [1024, 1]] as const // prettier-ignore

/** At 32×32 the width is a quarter, the first and the last stride are 1, and there are ten classes. */
export function mobilenet(imageSize: 32 | 224, seed: number): Graph {
  const net = new NetworkBuilder(`mobilenet${imageSize}`, seed)
  const small = imageSize === 32
  const width = small ? 0.25 : 1
  const stem = net.convolution(net.image(imageSize), 'conv1', 32 * width, 3, { stride: small ? 1 : 2 })
  let feature = net.relu6(stem, 'conv1')
  for (const [index, [channels, step]] of pairs.entries()) {
    const stride = small && channels === 1024 ? 1 : step
    const depthwise = net.convolution(feature, `dw${index}`, feature.channels, 3, { stride, groups: feature.channels })
    feature = net.relu6(depthwise, `dw${index}`)
    feature = net.relu6(net.convolution(feature, `pw${index}`, channels * width, 1), `pw${index}`)
  }
  return net.classify(net.globalPool(feature, 'pool'), 'fc', small ? 10 : 1000)
}

/** The model as an ONNX file, the same bytes for the same seed. */
export const build = (seed = 1, imageSize: 32 | 224 = 32): Uint8Array => writeOnnx(mobilenet(imageSize, seed))
