// ResNet-18 for ImageNet, torchvision's shape, with random weights.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import { imagenetShape, resnet } from '../support/resnet.ts'

export const shape = imagenetShape('resnet18', 2)

/** The model as an ONNX file, the same bytes for the same seed. */
export function build(seed = 1): Uint8Array {
  return writeOnnx(resnet(shape, seed))
}
