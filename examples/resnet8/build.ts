// ResNet-8 for CIFAR-10, the shape of MLPerf Tiny's image classification, with random weights.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import { type ResnetShape, resnet } from '../support/resnet.ts'

export const shape: ResnetShape = {
  name: 'resnet8',
  imageSize: 32,
  stem: { kernel: 3, stride: 1, maxPool: false },
  stageChannels: [16, 32, 64],
  blocksPerStage: 1,
  shortcut: 'projection',
  classes: 10,
}

/** The model as an ONNX file, the same bytes for the same seed. */
export function build(seed = 1): Uint8Array {
  return writeOnnx(resnet(shape, seed))
}
