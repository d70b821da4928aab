// Compiles an ONNX file to a program, with everything that belongs to it: calibration inputs, preprocessing, class names, the cache, all cores.

import { compileRead } from '../../compiler/compile.ts'
import type { CompileOptions, CompileReport } from '../../compiler/compile.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { machineForm } from '../../compiler/passes/machine-form.ts'
import { scoresOf } from '../../isa/program.ts'
import type { Preprocessing, Program } from '../../isa/program.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import type { FolderCache } from '../cache/folder-cache.ts'
import { readFile } from '../files/read-file.ts'
import { calibrationOf } from '../inputs/calibration.ts'
import { preprocessingOf } from '../inputs/preprocessing.ts'
import { classesFrom, classesOf, mentionsClasses } from '../models/class-names.ts'
import { externalLoader, modelName } from '../models/model-file.ts'
import { loadVerifiedProgram } from '../models/program-file.ts'
import { streamingOf, type Streaming } from '../reports/streaming.ts'
import { type OnWarning, ignoreWarning } from '../warning.ts'
import { scheduleThreads } from './schedule-threads.ts'

/** The options of `compile`, but calibration inputs, class names and the older program are paths, and threads a number. */
export interface CompileModelOptions extends Omit<
  CompileOptions,
  'name' | 'calibration' | 'classes' | 'update' | 'cache' | 'parallelScheduler' | 'loadExternal' | 'preprocessing'
> {
  /** a folder of pictures, or a .npy file [count, channels, height, width] */
  readonly calibration?: string | undefined
  /** greatest number of calibration inputs; 64 if not given */
  readonly calibrationCount?: number | undefined
  /** takes precedence over the model's metadata */
  readonly preprocessing?: Preprocessing | undefined
  /** a file of class names, a line each; those in the model's metadata if not given */
  readonly classes?: string | undefined
  /** an older program of the network, whose schedules are reused where they are still valid */
  readonly update?: string | undefined
  /** of earlier results; none if not given. The caller writes the new ones by `store()` */
  readonly cache?: FolderCache | undefined
  /** threads that schedule; one for each core if not given; the program is the same for any number */
  readonly workers?: number | undefined
  readonly onWarning?: OnWarning
}

export interface CompiledModel {
  readonly program: Program
  readonly report: CompileReport
  /** undefined where the weights are resident */
  readonly streaming: Streaming | undefined
}

/** Number of calibration inputs by default. */
const defaultCalibrationCount = 64

/**
 * Compiles the model at `path`, or from standard input where that is `-`; its data files are in the same folder.
 * @throws DlpError for a file that cannot be read, is not a model, or cannot be compiled for the machine
 */
export async function compileModel(path: string, options: CompileModelOptions): Promise<CompiledModel> {
  const {
    cache,
    calibration,
    calibrationCount = defaultCalibrationCount,
    workers,
    onWarning = ignoreWarning,
    ...rest
  } = options
  const update = options.update === undefined ? undefined : await loadVerifiedProgram(options.update)
  const loadExternal = externalLoader(path)
  const read = readOnnx(await readFile(path, 2 ** 31 - 1), path, { loadExternal })
  const preprocessing = preprocessingOf(options.preprocessing ?? {}, read.metadata)
  const classes = options.classes === undefined ? undefined : await classesFrom(options.classes)
  const inputs =
    calibration === undefined
      ? undefined
      : await calibrationOf(machineForm(read), calibration, preprocessing, calibrationCount, onWarning)
  if (inputs?.length === 1)
    onWarning(
      `${calibration}: one calibration input: the ranges of activations may be wrong for other inputs; a few dozen are usual`,
    )
  const { program: compiled, report } = compileRead(read, {
    ...rest,
    name: modelName(path),
    preprocessing,
    classes,
    update,
    calibration: inputs,
    cache,
    parallelScheduler: scheduleThreads(workers),
    loadExternal,
  })
  options.progress?.done()
  const program = classes === undefined ? withOwnClasses(compiled, read.metadata, path, onWarning) : compiled
  for (const warning of report.warnings) onWarning(warning)
  return { program, report, streaming: streamedBy(program) }
}

/** The program with the class names in the metadata of its model, if there are as many as scores. */
function withOwnClasses(
  program: Program,
  metadata: ReadonlyMap<string, string>,
  model: string,
  onWarning: OnWarning,
): Program {
  const scores = scoresOf(program)
  const classes = classesOf(metadata, scores)
  if (classes !== undefined) return { ...program, classes }
  if (mentionsClasses(metadata))
    onWarning(`${model}: the class names in its metadata are not ${scores} names, and are ignored; give --classes FILE`)
  return program
}

/** The cost of streaming, from the cycles, which do not depend on an image. */
const streamedBy = (program: Program): Streaming | undefined =>
  program.weightsIn === 'resident' ? undefined : streamingOf(program, simulateTiming(program))
