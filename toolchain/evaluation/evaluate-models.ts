// How many pictures of a data set programs and models name rightly, on all cores.

import { readOnnx } from '../../compiler/onnx/read.ts'
import type { Progress } from '../../compiler/progress.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { workerFile } from '../../base/worker-module.ts'
import { answerOnAllCores } from '../../base/worker-pool.ts'
import { checkPreprocessing, preprocessingFacts } from '../../isa/preprocessing.ts'
import type { Preprocessing } from '../../isa/program.ts'
import { readFile } from '../files/read-file.ts'
import { notesOnce, preprocessingOf, warnUnknown } from '../inputs/preprocessing.ts'
import { isProgram, namesModel } from '../models/file-kind.ts'
import { externalLoader } from '../models/model-file.ts'
import { loadSoundProgram } from '../models/program-file.ts'
import { type OnWarning, unheard } from '../warning.ts'
import { type Candidate, type EvaluateAnswer, openClassifier, refuseCarrying } from './classifier.ts'
import { type Dataset, readDataset } from './dataset.ts'
import { type ModelComparison, comparisonOf, type Tally, tallyOf } from './tally.ts'

export interface EvaluateOptions {
  /** so many pictures, from all classes in turn; all if not given */
  readonly limit?: number | undefined
  /** threads, one a core if not given; the answers are the same for any number */
  readonly workers?: number | undefined
  /** before what a program or a model's metadata say */
  readonly preprocessing?: Preprocessing | undefined
  readonly progress?: Progress
  readonly onWarning?: OnWarning
}

export interface Evaluation {
  readonly images: number
  readonly imagesPerSecond: number
  readonly seconds: number
  /** by their number */
  readonly classes: readonly string[]
  readonly models: readonly (Tally & { readonly model: string })[]
  /** of two models */
  readonly comparison?: ModelComparison
}

/**
 * Evaluates one or two programs (.dlp) or models (.onnx) on the pictures of a data set.
 * @param dataset a folder of class folders, or a file of lines PICTURE CLASS
 * @throws DlpError for what cannot be read or does not classify as many classes, and for programs whose answer may depend on the pictures before
 */
export async function evaluateModels(
  paths: readonly string[],
  dataset: string,
  { limit, workers, preprocessing, progress, onWarning = unheard }: EvaluateOptions = {},
): Promise<Evaluation> {
  const data = await readDataset(dataset, limit)
  const candidates = await Promise.all(paths.map((path) => candidateOf(path, preprocessing ?? {})))
  for (const candidate of candidates) checkCandidate(candidate, data, dataset, onWarning)
  warnDifferent(candidates, onWarning)
  const start = performance.now()
  progress?.stage('pictures', data.pictures.length)
  const answers = await answerOnAllCores<readonly Candidate[], string, EvaluateAnswer>(
    workerFile('toolchain/evaluation/worker'),
    candidates,
    data.pictures.map(({ path }) => path),
    { workers, onAnswer: () => progress?.step() },
  )
  progress?.done()
  const seconds = (performance.now() - start) / 1000
  const onNote = notesOnce(onWarning)
  for (const note of answers.flatMap(({ notes }) => notes)) onNote(note)
  return evaluationOf(
    paths,
    data,
    answers.map(({ classes }) => classes),
    seconds,
  )
}

function evaluationOf(
  paths: readonly string[],
  { classes, pictures }: Dataset,
  answers: readonly EvaluateAnswer['classes'][],
  seconds: number,
): Evaluation {
  const labels = pictures.map(({ label }) => label)
  const named = paths.map((_, at) => answers.map((answer) => elementAt(answer, at)))
  const size = Math.max(classes.length, ...named.flat(2).map((label) => label + 1))
  const [first, second] = named.map((each) => each.map((likeliest) => elementAt(likeliest, 0)))
  return {
    images: pictures.length,
    imagesPerSecond: pictures.length / seconds,
    seconds,
    classes,
    models: named.map((each, at) => ({ model: elementAt(paths, at), ...tallyOf(labels, each, size) })),
    ...(first === undefined || second === undefined ? {} : { comparison: comparisonOf(labels, first, second) }),
  }
}

/** A file with its preprocessing: what is given before the metadata of a model; a program has its own. */
async function candidateOf(path: string, given: Preprocessing): Promise<Candidate> {
  if (!namesModel(path)) throw new DlpError({ what: 'is neither', where: path, allowed: 'a .dlp or an .onnx file' })
  const bytes = await readFile(path, 2 ** 31 - 1)
  if (isProgram(path, bytes)) {
    const { inputs } = await loadSoundProgram(path)
    return { path, bytes, preprocessing: preprocessingOf(given, inputs[0]?.preprocessing) }
  }
  const { metadata } = readOnnx(bytes, path, { loadExternal: externalLoader(path) })
  return { path, bytes, preprocessing: preprocessingOf(given, metadata) }
}

/** Warns where two candidates are shown the same pictures in different ways. */
function warnDifferent([first, second]: readonly Candidate[], onWarning: OnWarning): void {
  if (first === undefined || second === undefined) return
  const others = new Map(preprocessingFacts(second.preprocessing))
  const differing = preprocessingFacts(first.preprocessing).flatMap(([name, value]) => {
    const other = others.get(name)
    return other === value ? [] : [`${name} ${value} against ${other}`]
  })
  if (differing.length === 0) return
  const said = differing.join('; ')
  onWarning(
    `'${first.path}' and '${second.path}' do not see the same pixels: ${said}; flags such as --resize hold for both`,
  )
}

/** Opens a candidate once, so that what is wrong with it is said before any picture is read. */
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
      what: `it has ${classes.length} classes, but '${path}' tells ${outputs} apart`,
      allowed: 'at most as many classes as the model has outputs',
      help: 'classes of folders count alphabetically; a list file gives numbers of its own',
    })
  refuseCarrying(candidate)
  const mismatch = mismatchOf(data, path, outputs, names)
  if (mismatch !== undefined) onWarning(`${dataset}: ${mismatch}`)
}

/** Where the numbers of class folders are probably not those of the model's classes, shares of right answers would say nothing. */
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
      return `folder '${name}' counts as class ${at}, but is class ${own} of '${path}': folders count alphabetically; give a list of pictures with numbers`
  }
  if (classes.length < outputs)
    return `${classes.length} class folders, but '${path}' tells ${outputs} classes apart: folders count alphabetically from 0`
  return undefined
}
