// ResNet-20 for CIFAR-10, the shape of the original paper with option-A shortcuts, with random weights.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import { type ResnetShape, resnet } from '../support/resnet.ts'

export const shape: ResnetShape = {
  name: 'resnet20',
  imageSize: 32,
  stem: { kernel: 3, stride: 1, maxPool: false },
  stageChannels: [16, 32, 64],
  blocksPerStage: 3,
  shortcut: 'slice-and-pad',
  classes: 10,
}

/** The model as an ONNX file, the same bytes for the same seed. */
export function build(seed = 1): Uint8Array {
  return writeOnnx(resnet(shape, seed))
}
