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
    // Loaded only here: loading the compiler takes longer than most commands run.
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
    const problem = cache?.store()
    if (problem !== undefined) warn(`${problem}; give --no-cache, or a folder with --cache`)
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
    .option('weights', { type: 'number', choices: [4, 8], describe: 'bits of a weight; 4 if not given' })
    .option('activations', { type: 'number', choices: [4, 8], describe: 'bits of an activation; 4 if not given' })
    .option('exact-qdq', {
      type: 'boolean',
      default: false,
      describe: 'of a quantised model: keep every rounding that it states',
    })
    .option('density', { type: 'number', default: 1, describe: 'share of the weights that are kept' })
    .option('density-of', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'NAME=SHARE: density of the layer of this node',
    })
    .option('calibration', {
      type: 'string',
      describe: 'folder of pictures, or .npy file [count, channels, height, width]',
    })
    .option('calibration-count', { type: 'number', default: 64, describe: 'greatest number of calibration inputs' })
    .options(preprocessingOptions)
    .options(classesOption)
    .option('weights-in', {
      type: 'string',
      choices: ['resident', 'streamed'],
      describe: 'where the weights are kept; if not given, resident if they fit',
    })
    .option('images-per-run', {
      type: 'number',
      default: 1,
      describe:
        'images computed by one run: the input of each is loaded while the one before is computed, its output stored while the next one is',
    })
    .option('update', {
      type: 'string',
      describe: 'an older .dlp of the network for the same machine: schedules that are still valid are reused',
    })
    .option('cache', {
      type: 'string',
      describe: 'folder of cached schedules; if not given, $DLP_CACHE or the user’s cache folder; --no-cache for none',
    })
    .option('workers', { type: 'number', describe: 'threads that schedule; one for each core if not given' })
    .option('explain', {
      type: 'boolean',
      default: false,
      describe: 'print for every operator what it became (a layer, a part of the host, a constant or nothing), and why',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}
