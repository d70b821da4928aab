// dlp quantize: a float ONNX model to a sparse, discrete one in QDQ ONNX, after training and without labels.

import type { Argv, CommandModule } from 'yargs'
import type { RangeChoice } from '../../compiler/quantize/calibrate.ts'
import { type WeightSetName, weightSets } from '../../compiler/quantize/discrete/weight-sets.ts'
import { machineOf } from '../../toolchain/models/machine-of.ts'
import { assignmentsOf, checkCount, checkShare } from '../arguments.ts'
import { UsageError } from '../io/errors.ts'
import { writeOutput } from '../io/outputs.ts'
import { progressOn } from '../io/progress.ts'
import { print, printJson, warn } from '../output.ts'
import { preprocessingFrom, preprocessingOptions, type PreprocessingFlags } from '../preprocessing-flags.ts'
import { quantizationText } from '../print/quantization.ts'

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
    const { output, weights, ends, activations, density, sparsity, calibration, calibrationCount } = given
    checkShare('--density', density)
    const densityOf = assignmentsOf('--density-of', given.densityOf)
    for (const [name, share] of Object.entries(densityOf)) checkShare(`--density-of ${name}`, share)
    const weightsOf = setsOf(given.weightsOf)
    const ranges = rangesOf(given.ranges)
    if (calibrationCount !== undefined) checkCount('--calibration-count', calibrationCount)
    if (sparsity === 'keep' && (density < 1 || Object.keys(densityOf).length > 0))
      throw new UsageError('--sparsity keep: the model’s own zeros are kept; give no density')
    const preprocessing = preprocessingFrom(given)
    const machine = await machineOf(given.machine)
    const { quantizeModel } = await import('../../toolchain/compilation/quantize-model.ts')
    const result = await quantizeModel(given.model, {
      ...{ weights, ends, weightsOf, ranges, density, densityOf, sparsity, machine, calibration, calibrationCount },
      activationBits: activations,
      preprocessing,
      progress: progressOn(process.stderr),
      onWarning: warn,
    })
    const { file, warnings, layers, density: found } = result
    await writeOutput(output, file)
    const written = { output, seconds: (performance.now() - start) / 1000, fileBytes: file.length }
    if (given.json) printJson({ ...written, density: found, warnings, layers })
    else print(quantizationText(result, written))
  },
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('model', { type: 'string', demandOption: true, describe: 'a float .onnx file' })
    .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'the .onnx file to write' })
    .option('weights', {
      choices: setNames,
      default: 'int4',
      describe: 'set of the weights’ values, times a scale for each row',
    })
    .option('ends', { choices: setNames, default: 'int8', describe: 'set for the first and the last layer' })
    .option('weights-of', list('NAME=SET: set for the layer of this node'))
    .option('activations', { type: 'number', choices: [4, 8], default: 8, describe: 'bits of a feature map' })
    .option('ranges', {
      type: 'string',
      default: 'least-error',
      describe: 'ranges of feature maps: least-error, whole, or the share of values to cover, such as 0.9995',
    })
    .option('density', { type: 'number', default: 1, describe: 'share of the weights that are kept, over all layers' })
    .option('density-of', list('NAME=SHARE: density of the layer of this node'))
    .option('sparsity', {
      choices: ['scheduled', 'free', 'keep'],
      default: 'scheduled',
      describe:
        'choice of the non-zero weights: the best for which the machine’s schedule has no idle beats, the best of each row, or the model’s own',
    })
    .option('machine', {
      type: 'string',
      default: 'card',
      describe: 'machine of the sparsity `scheduled`: tiny, edge, card, or a .json file',
    })
    .option('calibration', {
      type: 'string',
      describe: 'folder of pictures, or .npy file [count, channels, height, width]',
    })
    .option('calibration-count', {
      type: 'number',
      describe: 'greatest number of calibration inputs; if not given 128, and down to 32 for large pictures',
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
