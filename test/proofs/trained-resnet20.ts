// The trained ResNet-20 and its pictures; what ONNX Runtime answers of it once it is quantised.

import { readFileSync } from 'node:fs'
import ort from 'onnxruntime-node'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { machineInterface } from '../../compiler/passes/machine-interface.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import type { Progress } from '../../compiler/progress.ts'
import { type PostTrainingOptions, quantizeAfterTraining } from '../../compiler/quantize/discrete/post-training.ts'
import { realFromPixels } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { dataFile } from '../support/data.ts'
import { evenChoice, firstOfEachClass, preprocessing } from './cifar-pixels.ts'

/** Training pictures that ranges and weights are found from. */
export const calibrationImages = 128

export interface TrainedNetwork {
  readonly bytes: Uint8Array
  readonly float: FloatGraph
  readonly calibration: readonly Tensor[]
  readonly images: readonly Tensor[]
  readonly labels: readonly number[]
}

/** The network with so many test pictures of each class. */
export async function trainedNetwork(perClass: number): Promise<TrainedNetwork> {
  const bytes = readFileSync(dataFile('models', 'cifar10-resnet', 'resnet20.onnx')!)
  const float = machineInterface(simplify(readOnnx(bytes, 'resnet20')))
  const tensors = (list: readonly { readonly pixels: Uint8Array }[]): Tensor[] =>
    list.map(({ pixels }) => tensorOf('float32', realFromPixels(pixels, 3, preprocessing), float.inputs[0]!.shape))
  const pictures = await firstOfEachClass('test', perClass)
  const calibration = tensors(await evenChoice('train', calibrationImages, 1))
  return { bytes, float, calibration, images: tensors(pictures), labels: pictures.map(({ label }) => label) }
}

/** What is asked of the quantiser; the first convolution and the last layer stay at 8 bits. */
export type Asked = Pick<PostTrainingOptions, 'weights' | 'activationBits' | 'density' | 'sparsity' | 'method'>

/** The network after training, for the machine `edge`. */
export function quantised({ float, calibration }: TrainedNetwork, asked: Asked) {
  return quantizeAfterTraining(float, { ...asked, machine: machines.edge, calibration })
}

/** What ONNX Runtime says of every picture, with every rounding as the file spells it out. */
export async function answersOf(
  bytes: Uint8Array,
  images: readonly Tensor[],
  progress: Progress,
): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'basic', logSeverityLevel: 3 })
  const answers: Float32Array[] = []
  progress.stage('runtime', images.length)
  for (const image of images) {
    const input = new ort.Tensor('float32', image.data as Float32Array, [...image.shape])
    const outputs = await session.run({ [session.inputNames[0]!]: input })
    answers.push(outputs[session.outputNames[0]!]!.data as Float32Array)
    progress.step()
  }
  await session.release()
  return answers
}
