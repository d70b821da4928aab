// Quantises a float ONNX file to a sparse, discrete one: calibration inputs and preprocessing as files and metadata.

import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { withOutputArrangement } from '../../compiler/passes/interface/output-arrangement.ts'
import { machineForm } from '../../compiler/passes/machine-form.ts'
import { isQuantised } from '../../compiler/passes/quantized/normalise.ts'
import { counting, type Progress } from '../../compiler/progress.ts'
import {
  type PostTraining,
  type PostTrainingOptions,
  quantizeAfterTraining,
} from '../../compiler/quantize/discrete/post-training.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Preprocessing } from '../../isa/program.ts'
import { readFile } from '../files/read-file.ts'
import { calibrationOf, defaultCount } from '../inputs/calibration.ts'
import { preprocessingMetadata, preprocessingOf } from '../inputs/preprocessing.ts'
import { externalLoader } from '../models/model-file.ts'
import { type OnWarning, ignoreWarning } from '../warning.ts'

/** The options of `quantizeAfterTraining`, but calibration inputs are files. */
export interface QuantizeModelOptions extends Omit<PostTrainingOptions, 'calibration' | 'progress'> {
  /** a folder of pictures, or a .npy file [count, channels, height, width]; required */
  readonly calibration?: string | undefined
  /** greatest number of calibration inputs; if not given 128, and down to 32 for large pictures */
  readonly calibrationCount?: number | undefined
  /** takes precedence over the model's metadata */
  readonly preprocessing?: Preprocessing | undefined
  readonly progress?: Progress
  readonly onWarning?: OnWarning
}

export interface QuantizedModel extends PostTraining {
  /** the ONNX file */
  readonly file: Uint8Array
  readonly warnings: readonly string[]
}

/**
 * Quantises the float model at `path`, or from standard input where that is `-`; its data files are in the same folder.
 * @throws DlpError for a file that cannot be read, is not a model or is quantised already, and without calibration
 */
export async function quantizeModel(path: string, options: QuantizeModelOptions): Promise<QuantizedModel> {
  const { calibration, calibrationCount, progress, onWarning = ignoreWarning, ...rest } = options
  const read = readOnnx(await readFile(path, 2 ** 31 - 1), path, { loadExternal: externalLoader(path) })
  if (isQuantised(read))
    throw new DlpError({
      where: path,
      what: 'the model is quantised already',
      allowed: 'a float model',
      help: 'compile it as it is with dlp compile, or quantise the float model from which it was made',
    })
  if (calibration === undefined)
    throw new DlpError({
      where: path,
      what: 'no calibration data',
      allowed: '--calibration with a folder of pictures, or a .npy file [count, channels, height, width]',
      help: 'a few dozen inputs like those of later use suffice; no labels are needed',
    })
  const preprocessing = preprocessingOf(options.preprocessing ?? {}, read.metadata)
  const float = machineForm(read)
  const maximum = calibrationCount ?? defaultCount(float)
  const result = quantizeAfterTraining(float, {
    ...rest,
    calibration: await calibrationOf(float, calibration, preprocessing, maximum, onWarning),
    ...(progress === undefined ? {} : { progress: counting(progress) }),
  })
  progress?.done()
  for (const warning of float.warnings) onWarning(warning)
  const metadata = new Map([...result.graph.metadata, ...preprocessingMetadata(preprocessing)])
  return {
    ...result,
    file: writeOnnx({
      ...withOutputArrangement(result.graph, float.host?.outputArrangement, elementAt(read.outputs, 0).shape),
      metadata,
    }),
    warnings: float.warnings,
  }
}
