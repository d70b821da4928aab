// ResNet-152 for ImageNet, torchvision's shape, with random weights.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import { type ResnetShape, resnet } from '../support/resnet.ts'

export const shape: ResnetShape = {
  name: 'resnet152',
  imageSize: 224,
  stem: { kernel: 7, stride: 2, maxPool: true },
  stageChannels: [64, 128, 256, 512],
  blocksPerStage: [3, 8, 36, 3],
  bottleneck: 4,
  shortcut: 'projection',
  classes: 1000,
}

/** The model as an ONNX file, the same bytes for the same seed. */
export function build(seed = 1): Uint8Array {
  return writeOnnx(resnet(shape, seed))
}
