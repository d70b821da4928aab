// dlp compile: an ONNX model to a program file.

import type { Argv, CommandModule } from 'yargs'
import type { CompileReport } from '../../compiler/compile.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { imagesPerRun, layersOfImage, mostImagesPerRun, scoresOf } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import { assignmentsOf, checkCount, checkShare, checkWhole, machineOf } from '../arguments.ts'
import { calibrationOf, warnFew } from '../calibration.ts'
import { classesFrom, classesOf, classesOption, mentionsClasses } from '../class-names.ts'
import { openCache } from '../cache/open-cache.ts'
import { progressOn } from '../io/progress.ts'
import { readFile } from '../io/read-file.ts'
import { writeOutput } from '../io/outputs.ts'
import { externalLoader, modelName } from '../model-file.ts'
import { preprocessingOf, preprocessingOptions, type PreprocessingFlags } from '../preprocessing.ts'
import { loadSoundProgram } from '../program-file.ts'
import { scheduleThreads } from '../schedule-threads.ts'
import { type Streaming, streamingOf, streamingText } from '../streaming.ts'
import { byteSize, facts, percent, table, whole } from '../table.ts'
import { type Block, paragraphs, print, printJson, remark } from '../output.ts'

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
  readonly json: boolean
}

export const compileCommand: CommandModule<object, Arguments> = {
  command: 'compile <model>',
  describe: 'Compile an ONNX model to a program',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    const start = performance.now()
    const { weights, activations, density, exactQdq, calibrationCount } = given
    checkCount('--calibration-count', calibrationCount)
    if (given.workers !== undefined) checkCount('--workers', given.workers)
    checkShare('--density', density)
    checkWhole('--images-per-run', given.imagesPerRun, 1, mostImagesPerRun)
    const densityOf = assignmentsOf('--density-of', given.densityOf)
    for (const [name, share] of Object.entries(densityOf)) checkShare(`--density-of ${name}`, share)
    // Flags that cannot be understood are refused before anything is read.
    preprocessingOf(given)
    const machine = await machineOf(given.machine)
    const update = given.update === undefined ? undefined : await loadSoundProgram(given.update)
    const bytes = await readFile(given.model, 2 ** 31 - 1)
    const loadExternal = externalLoader(given.model)
    const progress = progressOn(process.stderr)
    const cache = openCache(given.cache, process.env)
    const { readOnnx } = await import('../../compiler/onnx/read.ts')
    const { machineForm } = await import('../../compiler/passes/machine-form.ts')
    const read = readOnnx(bytes, given.model, { loadExternal })
    const preprocessing = preprocessingOf(given, read.metadata)
    const classes = given.classes === undefined ? undefined : await classesFrom(given.classes)
    const calibration =
      given.calibration === undefined
        ? undefined
        : await calibrationOf(machineForm(read), given.calibration, preprocessing, calibrationCount)
    warnFew(calibration, given.calibration)
    const { compileRead } = await import('../../compiler/compile.ts')
    const { program: compiled, report } = compileRead(read, {
      name: modelName(given.model),
      machine,
      weightBits: weights as 4 | 8 | undefined,
      activationBits: activations as 4 | 8 | undefined,
      exactQdq,
      density,
      densityOf,
      calibration,
      preprocessing,
      classes,
      weightsIn: given.weightsIn as 'resident' | 'streamed' | undefined,
      images: given.imagesPerRun,
      update,
      cache,
      helpers: scheduleThreads(given.workers),
      loadExternal,
      progress,
    })
    progress.done()
    const program = classes === undefined ? withOwnClasses(compiled, read.metadata, given.model) : compiled
    const file = writeProgram(program)
    const streaming = await streamedBy(program)
    await writeOutput(given.output, file)
    const trouble = cache?.store()
    if (trouble !== undefined) remark(`dlp: warning: ${trouble}; give --no-cache, or a folder with --cache`)
    const seconds = (performance.now() - start) / 1000
    for (const warning of report.warnings) remark(`dlp: warning: ${warning}`)
    if (given.json)
      printJson({
        output: given.output,
        machine: machine.name,
        seconds,
        fileBytes: file.length,
        ...report,
        ...(streaming === undefined ? {} : { streaming }),
      })
    else print(describe(program, report, streaming, seconds, given.output, file.length))
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
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}

/** The program with the class names in the metadata of its model, which may not be as many as it has scores. */
function withOwnClasses(program: Program, metadata: ReadonlyMap<string, string>, model: string): Program {
  const scores = scoresOf(program)
  const classes = classesOf(metadata, scores)
  if (classes !== undefined) return { ...program, classes }
  if (mentionsClasses(metadata))
    remark(`dlp: warning: ${model}: the class names in its metadata are not ${scores} names, and are left out; give --classes FILE`) // prettier-ignore
  return program
}

/** What streaming costs is known once the cycles are counted, which does not need an image. */
async function streamedBy(program: Program): Promise<Streaming | undefined> {
  if (program.weightsIn === 'resident') return undefined
  const { simulateTiming } = await import('../../simulator/simulate.ts')
  return streamingOf(program, simulateTiming(program))
}

function describe(
  program: Program,
  report: CompileReport,
  streaming: Streaming | undefined,
  seconds: number,
  path: string,
  fileBytes: number,
): Block {
  const images = imagesPerRun(program)
  const layers = table(
    ['layer', 'kind', 'shape', '>density', '>lanes', '>beats', '>of bound'],
    layersOfImage(program).map((layer, index) => [
      layer.name,
      layer.kind,
      layer.shape.join('×'),
      layer.weights === 0 ? '–' : percent(layer.nonZeros / layer.weights),
      percent(report.laneUse[index] ?? 0),
      layer.beats === 0 ? '–' : whole(layer.beats),
      layer.beats === 0 ? '–' : percent(layer.boundBeats / layer.beats),
    ]),
  )
  const totals = facts([
    ['program', `${path}, ${byteSize(fileBytes)}, ${whole(report.instructions)} instructions`],
    ['machine', `'${program.machine.name}', weights ${report.weightsIn}`],
    ...(images === 1 ? [] : [['images a run', whole(images)] as const]),
    ...(streaming === undefined ? [] : [['streamed weights', streamingText(streaming)] as const]),
    ['scales', report.scales === 'given' ? 'those of the quantised model' : 'calibrated here'],
    ['density', `${percent(report.density)}, ${report.bitsPerNonZero.toFixed(1)} bits per non-zero weight`],
    ['greatest sum', `${percent(report.overflowBound)} of the accumulator's range`],
    ...keptFacts(report),
    ...cacheFacts(report),
    ['time', `${seconds.toFixed(2)} s`],
  ])
  return paragraphs(layers, totals)
}

/** What an update took over, and the layers where it could not. */
function keptFacts({ kept = [] }: CompileReport): [string, string][] {
  if (kept.length === 0) return []
  const [all, taken] = [kept.map(({ groups }) => groups), kept.map((layer) => layer.kept)].map((list) =>
    list.reduce((sum, count) => sum + count, 0),
  )
  const anew = kept.filter((layer) => layer.kept < layer.groups).map(({ name }) => name)
  const rest = anew.length === 0 ? '' : `; scheduled anew in ${anew.join(', ')}`
  return [['kept', `${whole(taken!)} of ${whole(all!)} schedules of row groups${rest}`]]
}

function cacheFacts({ fromCache = [] }: CompileReport): [string, string][] {
  const found = fromCache.filter((each) => each).length
  return found === 0 ? [] : [['cache', `the schedules of ${whole(found)} of ${whole(fromCache.length)} layers`]]
}
