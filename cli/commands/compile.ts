// dlp compile: an ONNX model to a program file.

import type { Argv, CommandModule } from 'yargs'
import { writeProgram } from '../../isa/container/write.ts'
import { mostImagesPerRun } from '../../isa/program.ts'
import { openCache } from '../../toolchain/cache/open-cache.ts'
import { machineOf } from '../../toolchain/models/machine-of.ts'
import { assignmentsOf, checkCount, checkShare, checkWhole, classesOption } from '../arguments.ts'
import { writeOutput } from '../io/outputs.ts'
import { progressOn } from '../io/progress.ts'
import { print, printJson, warn } from '../output.ts'
import { preprocessingFrom, preprocessingOptions, type PreprocessingFlags } from '../preprocessing-flags.ts'
import { compilationText } from '../print/compilation.ts'

interface Arguments extends PreprocessingFlags {
  readonly model: string
  readonly output: string
  readonly machine: string
  readonly weights?: number
  readonly activations?: number
  readonly exactQdq: boolean
  readonly density: number
  readonly densityOf: readonly string[]
  readonly calibration?: string
  readonly calibrationCount: number
  readonly classes?: string
  readonly weightsIn?: string
  readonly imagesPerRun: number
  readonly update?: string
  /** yargs reads --no-cache as false */
  readonly cache?: string | false
  readonly workers?: number
  readonly explain: boolean
  readonly json: boolean
}

export const compileCommand: CommandModule<object, Arguments> = {
  command: 'compile <model>',
  describe: 'Compile an ONNX model to a program',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    const start = performance.now()
    const { output, weights, activations, density, exactQdq, calibration, calibrationCount, classes, update, workers } =
      given
    checkCount('--calibration-count', calibrationCount)
    if (workers !== undefined) checkCount('--workers', workers)
    checkShare('--density', density)
    checkWhole('--images-per-run', given.imagesPerRun, 1, mostImagesPerRun)
    const densityOf = assignmentsOf('--density-of', given.densityOf)
    for (const [name, share] of Object.entries(densityOf)) checkShare(`--density-of ${name}`, share)
    const preprocessing = preprocessingFrom(given)
    const machine = await machineOf(given.machine)
    const cache = openCache(given.cache, process.env)
    // Loaded when it is needed: the compiler takes longer to load than most commands to run.
    const { compileModel } = await import('../../toolchain/compilation/compile-model.ts')
    const { program, report, streaming } = await compileModel(given.model, {
      ...{
        machine,
        exactQdq,
        density,
        densityOf,
        calibration,
        calibrationCount,
        preprocessing,
        classes,
        update,
        workers,
      },
      weightBits: weights as 4 | 8 | undefined,
      activationBits: activations as 4 | 8 | undefined,
      weightsIn: given.weightsIn as 'resident' | 'streamed' | undefined,
      images: given.imagesPerRun,
      explain: given.explain,
      cache,
      progress: progressOn(process.stderr),
      onWarning: warn,
    })
    const file = writeProgram(program)
    await writeOutput(output, file)
    const trouble = cache?.store()
    if (trouble !== undefined) warn(`${trouble}; give --no-cache, or a folder with --cache`)
    const written = { output, seconds: (performance.now() - start) / 1000, fileBytes: file.length }
    if (given.json)
      printJson({
        output,
        machine: machine.name,
        seconds: written.seconds,
        fileBytes: written.fileBytes,
        ...report,
        ...(streaming === undefined ? {} : { streaming }),
      })
    else print(compilationText(program, report, streaming, written))
  },
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('model', { type: 'string', demandOption: true, describe: 'an .onnx file' })
    .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'the .dlp file to write' })
    .option('machine', { type: 'string', default: 'card', describe: 'tiny, edge, card, or a .json file' })
    .option('weights', { type: 'number', choices: [4, 8], describe: 'bits of a weight, 4 if not given' })
    .option('activations', { type: 'number', choices: [4, 8], describe: 'bits of an activation, 4 if not given' })
    .option('exact-qdq', {
      type: 'boolean',
      default: false,
      describe: 'of a quantised model: keep every rounding that it spells out',
    })
    .option('density', { type: 'number', default: 1, describe: 'share of the weights that stay' })
    .option('density-of', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'NAME=SHARE for the layer of that node',
    })
    .option('calibration', {
      type: 'string',
      describe: 'folder of pictures, or .npy file [count, channels, height, width]',
    })
    .option('calibration-count', { type: 'number', default: 64, describe: 'at most so many calibration inputs' })
    .options(preprocessingOptions)
    .options(classesOption)
    .option('weights-in', {
      type: 'string',
      choices: ['resident', 'streamed'],
      describe: 'resident where they fit, if not given',
    })
    .option('images-per-run', {
      type: 'number',
      default: 1,
      describe:
        'images that one doorbell runs: each arrives while the one before is computed, and leaves while the next is',
    })
    .option('update', {
      type: 'string',
      describe: 'an older .dlp of the network for the same machine: schedules that still serve are kept',
    })
    .option('cache', {
      type: 'string',
      describe: 'folder of earlier results, $DLP_CACHE or the user’s cache if not given; --no-cache for none',
    })
    .option('workers', { type: 'number', describe: 'threads that schedule, one a core if not given' })
    .option('explain', {
      type: 'boolean',
      default: false,
      describe: 'say of every operator where it went: a layer, the host, a constant or nothing, and why',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}
