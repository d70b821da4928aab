// SqueezeNet 1.1: fire modules, whose two branches are concatenated; random weights.

import type { Graph } from '../../compiler/graph/graph.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { type Feature, NetworkBuilder } from '../support/network.ts'

/** Channels of the fire modules, squeezed and expanded; 'pool' halves the map. */
const stages = [[16, 64], [16, 64], 'pool', [32, 128], [32, 128], 'pool', [48, 192], [48, 192], [64, 256], [64, 256]] as const // prettier-ignore

/** At 32×32 the first convolution keeps the size, and there are ten classes. */
export function squeezenet(imageSize: 32 | 224, seed: number): Graph {
  const net = new NetworkBuilder(`squeezenet${imageSize}`, seed)
  const small = imageSize === 32
  const stem = net.convolution(net.image(imageSize), 'conv1', 64, 3, small ? {} : { stride: 2, pad: 0 })
  let feature = net.maxPool(net.relu(stem, 'conv1'), 'pool1', true)
  for (const [index, stage] of stages.entries())
    feature = stage === 'pool' ? net.maxPool(feature, `pool${index}`, true) : fire(feature, `fire${index}`, stage)
  const classes = net.relu(net.convolution(feature, 'conv10', small ? 10 : 1000, 1), 'conv10')
  return net.flatten(net.globalPool(classes, 'pool10'))

  function fire(from: Feature, name: string, [squeezed, expanded]: readonly [number, number]): Feature {
    const inner = net.relu(net.convolution(from, `${name}/squeeze`, squeezed, 1), `${name}/squeeze`)
    const branches = [1, 3].map((kernel) => {
      const branch = `${name}/expand${kernel}x${kernel}`
      return net.relu(net.convolution(inner, branch, expanded, kernel), branch)
    })
    return net.concat(branches, name)
  }
}

/** The model as an ONNX file, the same bytes for the same seed. */
export const build = (seed = 1, imageSize: 32 | 224 = 32): Uint8Array => writeOnnx(squeezenet(imageSize, seed))
