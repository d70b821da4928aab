// The trained ResNet-20 as the proofs compile it: 8-bit weights and activations, dense, calibrated on training pictures.

import { readFileSync } from 'node:fs'
import { type Compilation, compile } from '../../compiler/compile.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import type { Progress } from '../../compiler/progress.ts'
import { realFromPixels } from '../../host/images.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { dataFile } from '../support/data.ts'
import { hasCifar } from '../support/dataset.ts'
import { evenChoice, preprocessing } from './cifar-pixels.ts'

const modelParts = ['models', 'cifar10-resnet', 'resnet20.onnx'] as const

/** How the network was quantised, for the record. */
export const settings = {
  weightBits: 8,
  activationBits: 8,
  density: 1,
  calibration: { images: 256, split: 'train', seed: 1 },
} as const

/** What is not on this machine, in words; undefined where everything is. */
export function missingData(): string | undefined {
  const missing = [
    ...(dataFile(...modelParts) === undefined ? [modelParts.join('/')] : []),
    ...(['train', 'test'] as const).filter((split) => !hasCifar(split)).map((split) => `data/cifar10/${split}.tar`),
  ]
  return missing.length === 0 ? undefined : `no ${missing.join(', ')} in DLP_DATA (by default ../shared)`
}

/**
 * Reads the model and compiles it for a machine.
 * @throws Error where the data is missing or the program breaks a rule of programs
 */
export async function compileResnet20(
  machine: Machine,
  progress: Progress,
): Promise<{ readonly model: Uint8Array; readonly compilation: Compilation }> {
  const path = dataFile(...modelParts)
  if (path === undefined) throw new Error(`no ${modelParts.join('/')}`)
  const model = readFileSync(path)
  const { images, split, seed } = settings.calibration
  progress.stage('pictures')
  const calibration = await evenChoice(split, images, seed)
  const compilation = compile(model, {
    name: 'resnet20',
    machine,
    weightBits: settings.weightBits,
    activationBits: settings.activationBits,
    density: settings.density,
    calibration: calibration.map(({ pixels }) =>
      tensorOf('float32', realFromPixels(pixels, 3, preprocessing), [1, 3, 32, 32]),
    ),
    preprocessing,
    progress,
  })
  const broken = verifyProgram(compilation.program)
  if (broken.length > 0) throw new Error(`the program breaks rules: ${broken.join('; ')}`)
  return { model, compilation }
}
