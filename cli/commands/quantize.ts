// dlp quantize: a float ONNX model to a sparse, discrete one in QDQ ONNX, after training and without labels.

import type { Argv, CommandModule } from 'yargs'
import type { RangeChoice } from '../../compiler/quantize/calibrate.ts'
import type { LayerQuality, PostTraining } from '../../compiler/quantize/discrete/post-training.ts'
import { type WeightSetName, weightSets } from '../../compiler/quantize/discrete/weight-sets.ts'
import { DlpError } from '../../base/error.ts'
import { assignmentsOf, checkCount, checkShare, machineOf } from '../arguments.ts'
import { calibrationOf, usualCount } from '../calibration.ts'
import { UsageError } from '../io/errors.ts'
import { progressOn } from '../io/progress.ts'
import { readFile } from '../io/read-file.ts'
import { writeOutput } from '../io/outputs.ts'
import { externalLoader } from '../model-file.ts'
import { type Block, blockOf, paragraphs, print, printJson, remark } from '../output.ts'
import {
  preprocessingMetadata,
  preprocessingOf,
  preprocessingOptions,
  type PreprocessingFlags,
} from '../preprocessing.ts'
import { byteSize, facts, percent, table, whole } from '../table.ts'

const setNames = Object.keys(weightSets) as WeightSetName[]

interface Arguments extends PreprocessingFlags {
  readonly model: string
  readonly output: string
  readonly weights: WeightSetName
  readonly ends: WeightSetName
  readonly weightsOf: readonly string[]
  readonly activations: 4 | 8
  readonly ranges: string
  readonly density: number
  readonly densityOf: readonly string[]
  readonly sparsity: 'free' | 'scheduled' | 'keep'
  readonly machine: string
  readonly calibration?: string
  readonly calibrationCount?: number
  readonly json: boolean
}

export const quantizeCommand: CommandModule<object, Arguments> = {
  command: 'quantize <model>',
  describe: 'Quantise a float ONNX model to sparse discrete weights, as QDQ ONNX',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    const start = performance.now()
    const { weights, ends, activations, density, sparsity } = given
    checkShare('--density', density)
    const densityOf = assignmentsOf('--density-of', given.densityOf)
    for (const [name, share] of Object.entries(densityOf)) checkShare(`--density-of ${name}`, share)
    const weightsOf = setsOf(given.weightsOf)
    const ranges = rangesOf(given.ranges)
    if (given.calibrationCount !== undefined) checkCount('--calibration-count', given.calibrationCount)
    if (sparsity === 'keep' && (density < 1 || Object.keys(densityOf).length > 0))
      throw new UsageError('--sparsity keep: the model’s own zeros stay; give no density')
    preprocessingOf(given)
    const machine = await machineOf(given.machine)
    const bytes = await readFile(given.model, 2 ** 31 - 1)
    const { readOnnx } = await import('../../compiler/onnx/read.ts')
    const { writeOnnx } = await import('../../compiler/onnx/write.ts')
    const { machineForm } = await import('../../compiler/passes/machine-form.ts')
    const { withLastMoves } = await import('../../compiler/passes/edges/last-moves.ts')
    const { isQuantised } = await import('../../compiler/passes/quantized/normalise.ts')
    const { quantizeAfterTraining } = await import('../../compiler/quantize/discrete/post-training.ts')
    const { counting } = await import('../../compiler/progress.ts')
    const read = readOnnx(bytes, given.model, { loadExternal: externalLoader(given.model) })
    if (isQuantised(read))
      throw new DlpError({
        where: given.model,
        what: 'the model is quantised already',
        allowed: 'a float model',
        help: 'give it to dlp compile as it is, or quantise the float model that it came from',
      })
    if (given.calibration === undefined)
      throw new DlpError({
        where: given.model,
        what: 'no calibration data',
        allowed: '--calibration with a folder of pictures, or a .npy file [count, channels, height, width]',
        help: 'a few dozen inputs like those that the model will see suffice; no labels are needed',
      })
    const preprocessing = preprocessingOf(given, read.metadata)
    const float = machineForm(read)
    const calibration = await calibrationOf(
      float,
      given.calibration,
      preprocessing,
      given.calibrationCount ?? usualCount(float),
    )
    const progress = progressOn(process.stderr)
    const result = quantizeAfterTraining(float, {
      weights,
      ends,
      weightsOf,
      activationBits: activations,
      ranges,
      density,
      densityOf,
      sparsity,
      machine,
      calibration,
      progress: counting(progress),
    })
    progress.done()
    const metadata = new Map([...result.graph.metadata, ...preprocessingMetadata(preprocessing)])
    const file = writeOnnx({ ...withLastMoves(result.graph, float.host?.given), metadata })
    await writeOutput(given.output, file)
    const seconds = (performance.now() - start) / 1000
    for (const warning of float.warnings) remark(`dlp: warning: ${warning}`)
    const { layers, density: found } = result
    if (given.json)
      printJson({ output: given.output, seconds, fileBytes: file.length, density: found, warnings: float.warnings, layers }) // prettier-ignore
    else print(describe(result, seconds, given.output, file.length))
  },
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('model', { type: 'string', demandOption: true, describe: 'a float .onnx file' })
    .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'the .onnx file to write' })
    .option('weights', { choices: setNames, default: 'int4', describe: 'the set of the weights, times a scale a row' })
    .option('ends', { choices: setNames, default: 'int8', describe: 'the set of the first and the last layer' })
    .option('weights-of', list('NAME=SET for the layer of that node'))
    .option('activations', { type: 'number', choices: [4, 8], default: 8, describe: 'bits of a feature map' })
    .option('ranges', {
      type: 'string',
      default: 'least-error',
      describe: 'of feature maps: least-error, whole, or the share of values to cover, such as 0.9995',
    })
    .option('density', { type: 'number', default: 1, describe: 'share of the weights that stay, over all layers' })
    .option('density-of', list('NAME=SHARE for the layer of that node'))
    .option('sparsity', {
      choices: ['scheduled', 'free', 'keep'],
      default: 'scheduled',
      describe: 'the best weights that the machine’s schedule serves, the best of each row, or the model’s own',
    })
    .option('machine', {
      type: 'string',
      default: 'card',
      describe: 'for scheduled: tiny, edge, card, or a .json file',
    })
    .option('calibration', {
      type: 'string',
      describe: 'folder of pictures, or .npy file [count, channels, height, width]',
    })
    .option('calibration-count', {
      type: 'number',
      describe: 'at most so many calibration inputs; if not given 128, down to 32 of large pictures',
    })
    .options(preprocessingOptions)
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}

const list = (describe: string) => ({ type: 'string', array: true, nargs: 1, default: [], describe }) as const

function setsOf(pairs: readonly string[]): Record<string, WeightSetName> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const split = pair.lastIndexOf('=')
      const set = setNames.find((name) => name === pair.slice(split + 1))
      if (split < 1 || set === undefined)
        throw new UsageError(`--weights-of: '${pair}' is not of the form NAME=SET with one of ${setNames.join(', ')}`)
      return [pair.slice(0, split), set]
    }),
  )
}

function rangesOf(text: string): RangeChoice {
  if (text === 'least-error') return 'least error'
  if (text === 'whole') return 'whole'
  const share = Number(text)
  if (!(share > 0.5 && share <= 1))
    throw new UsageError(`--ranges: '${text}' is not least-error, whole, or a share above 0.5 and at most 1`)
  return { share }
}

function describe({ layers, density }: PostTraining, seconds: number, path: string, fileBytes: number): Block {
  const decibels = ({ signalToNoise }: LayerQuality): string => `${signalToNoise.toFixed(1)} dB`
  const rows = table(
    ['layer', 'weights', '>density', '>levels', '>signal to noise'],
    layers.map((layer) => [
      layer.node,
      layer.set,
      percent(layer.nonZeros / Math.max(1, layer.weights)),
      whole(layer.levels),
      decibels(layer),
    ]),
  )
  const advice = layers.flatMap((layer) => (layer.advice === undefined ? [] : [`${layer.node} suffers (${decibels(layer)}): ${layer.advice}`])) // prettier-ignore
  const totals = facts([
    ['model', `${path}, ${byteSize(fileBytes)}, QDQ`],
    ['density', percent(density)],
    ['time', `${seconds.toFixed(1)} s`],
  ])
  return paragraphs(rows, ...(advice.length > 0 ? [blockOf(advice)] : []), totals)
}
