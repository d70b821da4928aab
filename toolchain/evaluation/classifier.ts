// A program or a model as a function from a picture to its most likely classes.

import { inputCodeType } from '../../compiler/code-types.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { machineForm } from '../../compiler/passes/machine-form.ts'
import { isQuantised } from '../../compiler/passes/quantized/normalise.ts'
import { planEvaluator } from '../../compiler/quantize/evaluate-plan.ts'
import { fuse } from '../../compiler/quantize/fuse.ts'
import { quantizeGiven } from '../../compiler/quantize/given/quantize-given.ts'
import { inputCodes, pixelsForCodes, realFromPixels } from '../../host/images.ts'
import { readProgram } from '../../isa/container/read.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { roundHalfEven } from '../../isa/numerics.ts'
import { dequantiseOutput, packTensor, steppedInput, unpackTensor } from '../../isa/packing.ts'
import { scalesPixels } from '../../isa/preprocessing.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { CodeType, Preprocessing } from '../../isa/program.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { classesOf as namesIn } from '../models/class-names.ts'
import { type OnNote, type PictureNote, readPicture, type Shape } from '../inputs/input-file.ts'
import { readFile } from '../files/read-file.ts'
import { isProgram } from '../models/file-kind.ts'
import { externalLoader } from '../models/model-file.ts'

/** A model or program to evaluate: its file, and the preprocessing of its pictures. */
export interface Candidate {
  readonly path: string
  readonly bytes: Uint8Array
  /** flags, which take precedence over the program or model; absent: none is given */
  readonly preprocessing?: Preprocessing | undefined
}

/** The classes of a picture by all candidates, and notes on how it was read. */
export interface PictureResult {
  /** [candidates][classes] most likely first */
  readonly classes: readonly (readonly number[])[]
  readonly notes: readonly PictureNote[]
}

/** Scores of all classes for real pixel values 0 to 255, [channels, height, width]. */
type Scores = (pixels: Uint8Array) => ArrayLike<number>

export interface Classifier {
  readonly shape: Shape
  /** type of the codes that the model takes; absent where it takes real values */
  readonly elementType?: CodeType | undefined
  /** number of classes */
  readonly outputs: number
  /** names of the classes, where they are known */
  readonly names?: readonly string[] | undefined
  readonly scores: Scores
}

/** Number of classes that are returned. */
const returnedClasses = 5

/** Opens a program (.dlp) on the simulator, a quantised model (.onnx) in the compiler's integer arithmetic, or a float model in float. */
export function openClassifier({ path, bytes, preprocessing }: Candidate): Classifier {
  return isProgram(path, bytes) ? ofProgram(bytes, path, preprocessing) : ofModel(bytes, path, preprocessing)
}

/**
 * Refuses a program whose result for a picture may depend on earlier pictures, since its accuracy would depend on their order.
 * One run with any input decides it: what a run reads does not depend on data.
 * @throws DlpError naming the dependence
 */
export function refuseDependentRuns({ path, bytes }: Candidate): void {
  if (!isProgram(path, bytes)) return
  const program = readProgram(bytes, path)
  const simulator = new Simulator(program)
  simulator.init()
  const { interRunDependence } = simulator.infer(
    Object.fromEntries(program.inputs.map(({ name, bytes: size }) => [name, new Uint8Array(size)])),
  )
  if (typeof interRunDependence === 'object')
    throw new DlpError({
      what: `a run depends on earlier runs: ${interRunDependence.text}`,
      where: path,
      allowed: 'programs whose result depends on the picture alone',
    })
}

/** The classes of a picture, most likely first. */
export async function classify(
  { shape, scores }: Classifier,
  { preprocessing }: Pick<Candidate, 'preprocessing'>,
  picture: string,
  onNote?: OnNote,
): Promise<number[]> {
  const pixels = await readPicture(await readFile(picture, 2 ** 26), picture, shape, preprocessing, onNote)
  const found = scores(pixels)
  const order = Array.from({ length: found.length }, (_, index) => index)
  return order.sort((a, b) => found[b]! - found[a]! || a - b).slice(0, returnedClasses)
}

function ofProgram(bytes: Uint8Array, path: string, preprocessing: Preprocessing | undefined): Classifier {
  const program = readProgram(bytes, path)
  if (imagesPerRun(program) > 1)
    throw new DlpError({
      what: `takes ${imagesPerRun(program)} images a run`,
      where: path,
      allowed: 'one',
      help: 'compile the model without --images-per-run: the values are the same',
    })
  const [input, output] = [elementAt(program.inputs, 0), elementAt(program.outputs, 0)]
  const simulator = new Simulator(program, { check: false })
  simulator.init()
  const tensor = { ...input, preprocessing }
  return {
    shape: input.shape as unknown as Shape,
    elementType: input.elementType,
    outputs: classesOf(output.shape, path),
    names: program.classes,
    scores: (pixels) => {
      const codes = inputCodes({ kind: 'pixels', data: pixels }, tensor)
      const { outputs } = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
      return dequantiseOutput(unpackTensor(outputs[output.name]!, output, program.machine), output)
    },
  }
}

function ofModel(bytes: Uint8Array, path: string, preprocessing: Preprocessing | undefined): Classifier {
  const read = readOnnx(bytes, path, { loadExternal: externalLoader(path) })
  const quantised = isQuantised(read)
  const graph = machineForm(read)
  const [, ...shape] = elementAt(graph.inputs, 0).shape
  const real = (pixels: Uint8Array) => realFromPixels(pixels, shape[0]!, preprocessing)
  const outputs = classesOf(elementAt(graph.outputs, 0).shape.slice(1), path)
  const common = { shape: shape as unknown as Shape, outputs, names: namesIn(read.metadata, outputs) }
  if (!quantised) {
    const plan = fuse(graph)
    const evaluate = planEvaluator(plan)
    return { ...common, scores: (pixels) => evaluate(real(pixels)) }
  }
  const { graph: integer } = quantizeGiven(graph, { exact: true })
  const evaluate = integerEvaluator(integer)
  const { format, scale, zeroPoint } = integer.input
  const [low, high] = format.signed
    ? [-(2 ** (format.bits - 1)), 2 ** (format.bits - 1) - 1]
    : [0, 2 ** format.bits - 1]
  const last = defined(integer.layers.at(-1))
  const taken = scalesPixels(preprocessing) ? undefined : inputCodeType(read)
  if (taken !== undefined && taken !== 'uint8') throw pixelsForCodes(taken, path)
  return {
    ...common,
    elementType: inputCodeType(read),
    scores: (pixels) => {
      const quantised = (value: number): number =>
        Math.min(Math.max(roundHalfEven(Math.fround(value / scale)) + zeroPoint, low), high)
      const codes =
        taken === undefined
          ? Int16Array.from(steppedInput(real(pixels), graph.host?.inputSteps, shape[0]!), quantised)
          : Int16Array.from(pixels)
      const { logits, maps } = evaluate(codes)
      if (logits === undefined) return defined(maps.get(integer.output))
      const scales = last.kind === 'logits' ? last.scale : [1]
      return Array.from(logits, (code, row) => code * (scales[row] ?? 1))
    },
  }
}

function classesOf(shape: readonly number[], path: string): number {
  const size = shape.reduce((product, extent) => product * extent, 1)
  if (shape.slice(1).some((extent) => extent !== 1))
    throw new DlpError({
      where: path,
      what: `its output has the shape [${shape.join(', ')}]`,
      allowed: 'one score for each class',
      help: 'give a network that classifies',
    })
  return size
}
