// Evaluates programs and models on a data set: the share of pictures that they classify correctly, on all cores.

import { readOnnx } from '../../compiler/onnx/read.ts'
import type { Progress } from '../../compiler/progress.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { workerFile } from '../../base/worker-module.ts'
import { runOnAllCores } from '../../base/worker-pool.ts'
import { checkPreprocessing, preprocessingFacts } from '../../isa/preprocessing.ts'
import type { Preprocessing } from '../../isa/program.ts'
import { readFile } from '../files/read-file.ts'
import { notesOnce, preprocessingOf, warnUnknown } from '../inputs/preprocessing.ts'
import { isProgram, namesModel } from '../models/file-kind.ts'
import { externalLoader } from '../models/model-file.ts'
import { loadVerifiedProgram } from '../models/program-file.ts'
import { type OnWarning, ignoreWarning } from '../warning.ts'
import { type Candidate, type PictureResult, openClassifier, refuseDependentRuns } from './classifier.ts'
import { type Dataset, readDataset } from './dataset.ts'
import { type ModelComparison, comparisonOf, type Tally, tallyOf } from './tally.ts'

export interface EvaluateOptions {
  /** greatest number of pictures, spread over the classes; all if not given */
  readonly limit?: number | undefined
  /** threads; one for each core if not given; the results are the same for any number */
  readonly workers?: number | undefined
  /** takes precedence over a program's own and a model's metadata */
  readonly preprocessing?: Preprocessing | undefined
  readonly progress?: Progress
  readonly onWarning?: OnWarning
}

export interface Evaluation {
  readonly images: number
  readonly imagesPerSecond: number
  readonly seconds: number
  /** names by class number */
  readonly classes: readonly string[]
  readonly models: readonly (Tally & { readonly model: string })[]
  /** where there are two models */
  readonly comparison?: ModelComparison
}

/**
 * Evaluates one or two programs (.dlp) or models (.onnx) on the pictures of a data set.
 * @param dataset a folder of class folders, or a file of lines PICTURE CLASS
 * @throws DlpError for what cannot be read or has fewer classes than the data set, and for programs whose results may depend on earlier pictures
 */
export async function evaluateModels(
  paths: readonly string[],
  dataset: string,
  { limit, workers, preprocessing, progress, onWarning = ignoreWarning }: EvaluateOptions = {},
): Promise<Evaluation> {
  const data = await readDataset(dataset, limit)
  const candidates = await Promise.all(paths.map((path) => candidateOf(path, preprocessing ?? {})))
  for (const candidate of candidates) checkCandidate(candidate, data, dataset, onWarning)
  warnDifferent(candidates, onWarning)
  const start = performance.now()
  progress?.stage('pictures', data.pictures.length)
  const results = await runOnAllCores<readonly Candidate[], string, PictureResult>(
    workerFile('toolchain/evaluation/worker'),
    candidates,
    data.pictures.map(({ path }) => path),
    { workers, onResult: () => progress?.step() },
  )
  progress?.done()
  const seconds = (performance.now() - start) / 1000
  const onNote = notesOnce(onWarning)
  for (const note of results.flatMap(({ notes }) => notes)) onNote(note)
  return evaluationOf(
    paths,
    data,
    results.map(({ classes }) => classes),
    seconds,
  )
}

function evaluationOf(
  paths: readonly string[],
  { classes, pictures }: Dataset,
  results: readonly PictureResult['classes'][],
  seconds: number,
): Evaluation {
  const labels = pictures.map(({ label }) => label)
  const predicted = paths.map((_, at) => results.map((result) => elementAt(result, at)))
  const classCount = Math.max(classes.length, ...predicted.flat(2).map((label) => label + 1))
  const [first, second] = predicted.map((each) => each.map((mostLikely) => elementAt(mostLikely, 0)))
  return {
    images: pictures.length,
    imagesPerSecond: pictures.length / seconds,
    seconds,
    classes,
    models: predicted.map((each, at) => ({ model: elementAt(paths, at), ...tallyOf(labels, each, classCount) })),
    ...(first === undefined || second === undefined ? {} : { comparison: comparisonOf(labels, first, second) }),
  }
}

/** A file with its preprocessing: what is given takes precedence over a model's metadata or a program's own. */
async function candidateOf(path: string, given: Preprocessing): Promise<Candidate> {
  if (!namesModel(path))
    throw new DlpError({ what: 'is neither a program nor a model', where: path, allowed: 'a .dlp or an .onnx file' })
  const bytes = await readFile(path, 2 ** 31 - 1)
  if (isProgram(path, bytes)) {
    const { inputs } = await loadVerifiedProgram(path)
    return { path, bytes, preprocessing: preprocessingOf(given, inputs[0]?.preprocessing) }
  }
  const { metadata } = readOnnx(bytes, path, { loadExternal: externalLoader(path) })
  return { path, bytes, preprocessing: preprocessingOf(given, metadata) }
}

/** Warns where the preprocessing of two candidates differs. */
function warnDifferent([first, second]: readonly Candidate[], onWarning: OnWarning): void {
  if (first === undefined || second === undefined) return
  const others = new Map(preprocessingFacts(second.preprocessing))
  const differing = preprocessingFacts(first.preprocessing).flatMap(([name, value]) => {
    const other = others.get(name)
    return other === value ? [] : [`${name} ${value} against ${other}`]
  })
  if (differing.length === 0) return
  const facts = differing.join('; ')
  onWarning(`'${first.path}' and '${second.path}' get different pixels: ${facts}; flags such as --resize apply to both`)
}

/** Opens a candidate once, so that its faults are reported before any picture is read. */
function checkCandidate(candidate: Candidate, data: Dataset, dataset: string, onWarning: OnWarning): void {
  const { classes } = data
  const { path, preprocessing } = candidate
  const { outputs, shape, elementType, names } = openClassifier(candidate)
  checkPreprocessing(preprocessing, shape, path)
  // Pixels are the codes of a model that takes bytes.
  if (elementType === undefined) warnUnknown(preprocessing, path, onWarning)
  if (classes.length > outputs)
    throw new DlpError({
      where: dataset,
      what: `it has ${classes.length} classes, but '${path}' has ${outputs}`,
      allowed: 'at most as many classes as the model has outputs',
      help: 'folders are numbered alphabetically; a list file states its own numbers',
    })
  refuseDependentRuns(candidate)
  const mismatch = mismatchOf(data, path, outputs, names)
  if (mismatch !== undefined) onWarning(`${dataset}: ${mismatch}`)
}

/** A warning where the numbers of class folders are probably not those of the model's classes, so that accuracies would be meaningless. */
function mismatchOf(
  { classes, isNamed }: Dataset,
  path: string,
  outputs: number,
  names: readonly string[] | undefined,
): string | undefined {
  if (!isNamed) return undefined
  for (const [at, name] of classes.entries()) {
    const own = names === undefined || names[at] === name ? -1 : names.indexOf(name)
    if (own >= 0)
      return `folder '${name}' is number ${at}, but is class ${own} of '${path}': folders are numbered alphabetically; give a list of pictures with numbers`
  }
  if (classes.length < outputs)
    return `${classes.length} class folders, but '${path}' has ${outputs} classes: folders are numbered alphabetically from 0`
  return undefined
}
