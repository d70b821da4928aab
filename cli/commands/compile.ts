// dlp compile: an ONNX model to a program file.

import { basename } from 'node:path'
import type { Argv, CommandModule } from 'yargs'
import type { CompileReport } from '../../compiler/compile.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { realFromPixels } from '../../host/images.ts'
import { writeProgram } from '../../isa/container/write.ts'
import type { Preprocessing, Program } from '../../isa/program.ts'
import { assignmentsOf, checkShare, machineOf, numbersOf } from '../arguments.ts'
import type { Shape } from '../input-file.ts'
import { UsageError } from '../io/errors.ts'
import { progressOn } from '../io/progress.ts'
import { readFile } from '../io/read-file.ts'
import { writeAside } from '../io/write-aside.ts'
import { externalLoader } from '../model-file.ts'
import { type Streaming, streamingOf, streamingText } from '../streaming.ts'
import { byteSize, facts, percent, table, whole } from '../table.ts'
import { print, printJson, remark } from '../output.ts'

interface Arguments {
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
  readonly mean?: string
  readonly std?: string
  readonly weightsIn?: string
  readonly json: boolean
}

export const compileCommand: CommandModule<object, Arguments> = {
  command: 'compile <model>',
  describe: 'Compile an ONNX model to a program',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    const start = performance.now()
    const { weights, activations, density, exactQdq, calibrationCount } = given
    if (!Number.isInteger(calibrationCount) || calibrationCount < 1)
      throw new UsageError(`--calibration-count: ${calibrationCount} is not a count`)
    checkShare('--density', density)
    const densityOf = assignmentsOf('--density-of', given.densityOf)
    for (const [name, share] of Object.entries(densityOf)) checkShare(`--density-of ${name}`, share)
    const preprocessing = preprocessingOf(given)
    const machine = await machineOf(given.machine)
    const bytes = await readFile(given.model, 2 ** 31 - 1)
    const loadExternal = externalLoader(given.model)
    const progress = progressOn(process.stderr)
    const calibration =
      given.calibration === undefined
        ? undefined
        : await calibrationOf(given.calibration, bytes, given.model, preprocessing, calibrationCount)
    const { compile } = await import('../../compiler/compile.ts')
    const { program, report } = compile(bytes, {
      name: basename(given.model).replace(/\.onnx$/, ''),
      machine,
      weightBits: weights as 4 | 8 | undefined,
      activationBits: activations as 4 | 8 | undefined,
      exactQdq,
      density,
      densityOf,
      calibration,
      preprocessing,
      weightsIn: given.weightsIn as 'resident' | 'streamed' | undefined,
      loadExternal,
      progress,
    })
    progress.done()
    const file = writeProgram(program)
    const streaming = await streamedBy(program)
    await writeAside(given.output, file)
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
    .option('mean', { type: 'string', describe: 'M,M,M: pictures are (pixel ÷ 255 − mean) ÷ std' })
    .option('std', { type: 'string', describe: 'S,S,S: see --mean' })
    .option('weights-in', {
      type: 'string',
      choices: ['resident', 'streamed'],
      describe: 'resident where they fit, if not given',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}

function preprocessingOf({ mean, std }: Arguments): Preprocessing | undefined {
  if (mean === undefined && std === undefined) return undefined
  const deviations = std === undefined ? [1] : numbersOf('--std', std)
  if (deviations.some((value) => value <= 0)) throw new UsageError(`--std: ${std} is not above 0`)
  return { mean: mean === undefined ? [0] : numbersOf('--mean', mean), std: deviations }
}

async function calibrationOf(
  path: string,
  model: Uint8Array,
  name: string,
  preprocessing: Preprocessing | undefined,
  most: number,
): Promise<Tensor[]> {
  const { readOnnx } = await import('../../compiler/onnx/read.ts')
  const { tensorOf } = await import('../../compiler/graph/tensor.ts')
  const { readInputs } = await import('../input-file.ts')
  const { machineInterface } = await import('../../compiler/passes/machine-interface.ts')
  const { simplify } = await import('../../compiler/passes/simplify.ts')
  const read = simplify(readOnnx(model, name, { loadExternal: externalLoader(name) }))
  // As the program takes it: a model may have its channels last.
  const [, channels = 1, height = 1, width = 1] = machineInterface(read).inputs[0]?.shape ?? []
  const shape: Shape = [channels, height, width]
  const inputs = await readInputs(path, shape, most)
  return inputs.map(({ kind, data }) =>
    tensorOf('float32', kind === 'pixels' ? realFromPixels(data, channels, preprocessing) : data, [1, ...shape]),
  )
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
): string {
  const layers = table(
    ['layer', 'kind', 'shape', '>density', '>lanes', '>beats', '>of bound'],
    program.layers.map((layer, index) => [
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
    ...(streaming === undefined ? [] : [['streamed weights', streamingText(streaming)] as const]),
    ['scales', report.scales === 'given' ? 'those of the quantised model' : 'calibrated here'],
    ['density', `${percent(report.density)}, ${report.bitsPerNonZero.toFixed(1)} bits per non-zero weight`],
    ['greatest sum', `${percent(report.overflowBound)} of the accumulator's range`],
    ['time', `${seconds.toFixed(2)} s`],
  ])
  return `${layers}\n\n${totals}`
}
