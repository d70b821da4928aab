// dlp evaluate: the accuracy of a program or a model on a data set.

import type { Argv, CommandModule } from 'yargs'
import { namesModel } from '../../toolchain/models/file-kind.ts'
import { checkCount } from '../arguments.ts'
import { UsageError } from '../io/errors.ts'
import { progressOn } from '../io/progress.ts'
import { print, printJson, warn } from '../output.ts'
import { preprocessingFrom, preprocessingOptions, type PreprocessingFlags } from '../preprocessing-flags.ts'
import { evaluationText } from '../print/evaluation.ts'

interface Arguments extends PreprocessingFlags {
  readonly model: string
  readonly dataset: string
  readonly limit?: number
  readonly against?: string
  readonly workers?: number
  readonly json: boolean
}

export const evaluateCommand: CommandModule<object, Arguments> = {
  command: 'evaluate <model>',
  describe: 'Measure top-1 and top-5 accuracy of a program or an ONNX model on labelled pictures',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    const { model, against, dataset, limit, workers } = given
    if (limit !== undefined) checkCount('--limit', limit)
    if (workers !== undefined) checkCount('--workers', workers)
    const preprocessing = preprocessingFrom(given)
    const paths = [model, ...(against === undefined ? [] : [against])]
    for (const path of paths)
      if (!namesModel(path)) throw new UsageError(`'${path}' is neither a .dlp nor an .onnx file`)
    const { evaluateModels } = await import('../../toolchain/evaluation/evaluate-models.ts')
    const progress = progressOn(process.stderr)
    const found = await evaluateModels(paths, dataset, { limit, workers, preprocessing, progress, onWarning: warn })
    if (given.json) printJson(found)
    else print(evaluationText(found))
  },
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('model', { type: 'string', demandOption: true, describe: 'a .dlp or .onnx file' })
    .option('dataset', {
      type: 'string',
      demandOption: true,
      describe: 'folder with a folder for each class, or a file with lines PICTURE CLASS',
    })
    .option('limit', { type: 'number', describe: 'greatest number of pictures, spread over the classes' })
    .option('against', { type: 'string', describe: 'another .dlp or .onnx file, compared picture by picture' })
    .options(preprocessingOptions)
    .option('workers', { type: 'number', describe: 'threads; one for each core if not given' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object, with the confusion matrix' })
}
