// dlp evaluate: how many pictures of a data set a program or a model names rightly.

import type { Argv, CommandModule } from 'yargs'
import { DlpError } from '../../base/error.ts'
import { checkPreprocessing, preprocessingFacts } from '../../isa/preprocessing.ts'
import { checkCount } from '../arguments.ts'
import type { Candidate, EvaluateAnswer } from '../evaluate/classifier.ts'
import { type Dataset, readDataset } from '../evaluate/dataset.ts'
import { type Comparison, comparisonOf, type Tally, tallyOf } from '../evaluate/tally.ts'
import { UsageError } from '../io/errors.ts'
import { progressOn } from '../io/progress.ts'
import { readFile } from '../io/read-file.ts'
import { standardInput } from '../io/standard-input.ts'
import { externalLoader } from '../model-file.ts'
import { type Block, print, printJson, remark } from '../output.ts'
import {
  notesOnce,
  preprocessingOf,
  preprocessingOptions,
  type PreprocessingFlags,
  warnUnknown,
} from '../preprocessing.ts'
import { loadSoundProgram } from '../program-file.ts'
import { facts, percent, whole } from '../table.ts'
import { workerFile } from '../../base/worker-module.ts'
import { answerOnAllCores } from '../../base/worker-pool.ts'

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
  describe: 'Top-1 and top-5 of a program or an ONNX model over labelled pictures',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (given) => {
    if (given.limit !== undefined) checkCount('--limit', given.limit)
    if (given.workers !== undefined) checkCount('--workers', given.workers)
    preprocessingOf(given)
    const data = await readDataset(given.dataset, given.limit)
    const paths = [given.model, ...(given.against === undefined ? [] : [given.against])]
    const candidates = await Promise.all(paths.map((path) => candidateOf(path, given)))
    await checkClasses(candidates, data, given.dataset)
    warnDifferent(candidates)
    const progress = progressOn(process.stderr)
    const start = performance.now()
    progress.stage('pictures', data.pictures.length)
    const answers = await answerOnAllCores<readonly Candidate[], string, EvaluateAnswer>(
      workerFile('cli/evaluate/worker'),
      candidates,
      data.pictures.map(({ path }) => path),
      { workers: given.workers, onAnswer: () => progress.step() },
    )
    progress.done()
    const seconds = (performance.now() - start) / 1000
    const onNote = notesOnce()
    for (const note of answers.flatMap(({ notes }) => notes)) onNote(note)
    report(given, data, paths, answers.map(({ classes }) => classes), seconds) // prettier-ignore
  },
}

function report(
  { json }: Arguments,
  { classes, pictures }: Dataset,
  paths: readonly string[],
  answers: readonly (readonly (readonly number[])[])[],
  seconds: number,
): void {
  const labels = pictures.map(({ label }) => label)
  const named = paths.map((_, at) => answers.map((answer) => answer[at]!))
  const size = Math.max(classes.length, ...named.flat(2).map((label) => label + 1))
  const tallies = named.map((each) => tallyOf(labels, each, size))
  const comparison = named.length < 2 ? undefined : comparisonOf(labels, named[0]!.map(([first]) => first!), named[1]!.map(([first]) => first!)) // prettier-ignore
  const rate = pictures.length / seconds
  if (json)
    return printJson({
      images: pictures.length,
      imagesPerSecond: rate,
      seconds,
      classes,
      models: tallies.map((tally, at) => ({ model: paths[at]!, ...tally })),
      ...(comparison === undefined ? {} : { comparison }),
    })
  print(text(paths, tallies, comparison, pictures.length, rate))
}

function text(
  paths: readonly string[],
  tallies: readonly Tally[],
  comparison: Comparison | undefined,
  images: number,
  rate: number,
): Block {
  const lines: [string, string][] = tallies.flatMap(({ top1, top5 }, at): [string, string][] => [
    [`top-1 of ${paths[at]!}`, percent(top1)],
    [`top-5 of ${paths[at]!}`, percent(top5)],
  ])
  if (comparison !== undefined) {
    const { agreement, bothRight, onlyFirst, onlySecond, bothWrong } = comparison
    lines.push(['same class', percent(agreement)])
    lines.push(['right', `both ${whole(bothRight)}, only the first ${whole(onlyFirst)}, only the second ${whole(onlySecond)}, none ${whole(bothWrong)}`]) // prettier-ignore
  }
  lines.push(['pictures', `${whole(images)}, ${rate.toFixed(1)} a second`])
  return facts(lines)
}

/** A file with its preprocessing: flags before the metadata of a model; a program has its own. */
async function candidateOf(path: string, given: Arguments): Promise<Candidate> {
  if (path !== standardInput && !/\.(dlp|onnx)$/.test(path))
    throw new UsageError(`'${path}' is neither a .dlp nor an .onnx file`)
  const bytes = await readFile(path, 2 ** 31 - 1)
  const { isProgram } = await import('../evaluate/classifier.ts')
  if (isProgram(path, bytes)) {
    const { inputs } = await loadSoundProgram(path)
    return { path, bytes, preprocessing: preprocessingOf(given, inputs[0]?.preprocessing) }
  }
  const { readOnnx } = await import('../../compiler/onnx/read.ts')
  const { metadata } = readOnnx(bytes, path, { loadExternal: externalLoader(path) })
  return { path, bytes, preprocessing: preprocessingOf(given, metadata) }
}

/** Warns where two candidates are shown the same pictures in different ways. */
function warnDifferent([first, second]: readonly Candidate[]): void {
  if (first === undefined || second === undefined) return
  const others = new Map(preprocessingFacts(second.preprocessing))
  const differing = preprocessingFacts(first.preprocessing).filter(([name, value]) => others.get(name) !== value)
  if (differing.length === 0) return
  const said = differing.map(([name, value]) => `${name} ${value} against ${others.get(name)!}`).join('; ')
  remark(`dlp: warning: '${first.path}' and '${second.path}' do not see the same pixels: ${said}; flags such as --resize hold for both`) // prettier-ignore
}

/** Warns where the numbers of class folders are probably not those of the model's classes: shares of right answers would say nothing. */
function warnMismatch(
  { classes, isNamed }: Dataset,
  dataset: string,
  path: string,
  outputs: number,
  names: readonly string[] | undefined,
): void {
  if (!isNamed) return
  const other = names === undefined ? -1 : classes.findIndex((name, at) => names[at] !== name && names.includes(name))
  if (other >= 0)
    remark(`dlp: warning: ${dataset}: folder '${classes[other]!}' counts as class ${other}, but is class ${names!.indexOf(classes[other]!)} of '${path}': folders count alphabetically; give a list of pictures with numbers`) // prettier-ignore
  else if (classes.length < outputs)
    remark(`dlp: warning: ${dataset}: ${classes.length} class folders, but '${path}' tells ${outputs} classes apart: folders count alphabetically from 0`) // prettier-ignore
}

/** Opens every candidate once, so that what is wrong with it is said before any picture is read. */
async function checkClasses(candidates: readonly Candidate[], data: Dataset, dataset: string): Promise<void> {
  const { classes } = data
  const { openClassifier, refuseCarrying } = await import('../evaluate/classifier.ts')
  for (const candidate of candidates) {
    const { outputs, shape, elementType, names } = openClassifier(candidate)
    checkPreprocessing(candidate.preprocessing, shape, candidate.path)
    // Pixels are the codes of a model that takes bytes.
    if (elementType === undefined) warnUnknown(candidate.preprocessing, candidate.path)
    if (classes.length > outputs)
      throw new DlpError({
        where: dataset,
        what: `it has ${classes.length} classes, but '${candidate.path}' tells ${outputs} apart`,
        allowed: 'at most as many classes as the model has outputs',
        help: 'classes of folders count alphabetically; a list file gives numbers of its own',
      })
    refuseCarrying(candidate)
    warnMismatch(data, dataset, candidate.path, outputs, names)
  }
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('model', { type: 'string', demandOption: true, describe: 'a .dlp or .onnx file' })
    .option('dataset', {
      type: 'string',
      demandOption: true,
      describe: 'folder of class folders, or a file of lines PICTURE CLASS',
    })
    .option('limit', { type: 'number', describe: 'so many pictures, from all classes in turn' })
    .option('against', { type: 'string', describe: 'another .dlp or .onnx file, compared picture by picture' })
    .options(preprocessingOptions)
    .option('workers', { type: 'number', describe: 'threads, one a core if not given' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object, with the confusion matrix' })
}
