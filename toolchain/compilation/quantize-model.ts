// A float ONNX file to a sparse, discrete one: calibration inputs and preprocessing as files and metadata.

import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { withLastMoves } from '../../compiler/passes/edges/last-moves.ts'
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
import { calibrationOf, usualCount } from '../inputs/calibration.ts'
import { preprocessingMetadata, preprocessingOf } from '../inputs/preprocessing.ts'
import { externalLoader } from '../models/model-file.ts'
import { type OnWarning, unheard } from '../warning.ts'

/** What `quantizeAfterTraining` takes, but that calibration inputs are files. */
export interface QuantizeModelOptions extends Omit<PostTrainingOptions, 'calibration' | 'progress'> {
  /** a folder of pictures, or a .npy file [count, channels, height, width]; a model is refused without */
  readonly calibration?: string | undefined
  /** at most so many calibration inputs; 128, down to 32 of large pictures, if not given */
  readonly calibrationCount?: number | undefined
  /** before what the model's metadata say */
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
 * Quantises the float model at `path`, or from standard input where that is `-`; data files lie beside it.
 * @throws DlpError for what cannot be read, is no model or a quantised one, and where there is no calibration
 */
export async function quantizeModel(path: string, options: QuantizeModelOptions): Promise<QuantizedModel> {
  const { calibration, calibrationCount, progress, onWarning = unheard, ...rest } = options
  const read = readOnnx(await readFile(path, 2 ** 31 - 1), path, { loadExternal: externalLoader(path) })
  if (isQuantised(read))
    throw new DlpError({
      where: path,
      what: 'the model is quantised already',
      allowed: 'a float model',
      help: 'give it to dlp compile as it is, or quantise the float model that it came from',
    })
  if (calibration === undefined)
    throw new DlpError({
      where: path,
      what: 'no calibration data',
      allowed: '--calibration with a folder of pictures, or a .npy file [count, channels, height, width]',
      help: 'a few dozen inputs like those that the model will see suffice; no labels are needed',
    })
  const preprocessing = preprocessingOf(options.preprocessing ?? {}, read.metadata)
  const float = machineForm(read)
  const most = calibrationCount ?? usualCount(float)
  const result = quantizeAfterTraining(float, {
    ...rest,
    calibration: await calibrationOf(float, calibration, preprocessing, most, onWarning),
    ...(progress === undefined ? {} : { progress: counting(progress) }),
  })
  progress?.done()
  for (const warning of float.warnings) onWarning(warning)
  const metadata = new Map([...result.graph.metadata, ...preprocessingMetadata(preprocessing)])
  return {
    ...result,
    file: writeOnnx({ ...withLastMoves(result.graph, float.host?.given, elementAt(read.outputs, 0).shape), metadata }),
    warnings: float.warnings,
  }
}
