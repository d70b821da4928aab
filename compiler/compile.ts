// The compiler: from an ONNX model to a program, one stage a line.
import { clusterBeatBits } from '../isa/model/sizes.ts'
import { DlpError } from '../base/error.ts'
import type { Machine } from '../isa/model/machine.ts'
import { checkPreprocessing } from '../isa/preprocessing.ts'
import { layersOfImage, scoresOf } from '../isa/program.ts'
import type { Preprocessing, Program } from '../isa/program.ts'
import { compileGraph, type ReusedSchedules } from './backend.ts'
import type { CompileCache } from './cache.ts'
import { seededImages } from './calibration.ts'
import { outputCodeType, withModelTypes } from './code-types.ts'
import type { FloatGraph } from './graph/graph.ts'
import { withFileNames } from './graph/origins.ts'
import type { IntegerGraph } from './graph/integer.ts'
import type { Tensor } from './graph/tensor.ts'
import { explain, type OperatorOutcome } from './explain.ts'
import { checkPlanFits } from './early-fit.ts'
import { readOnnx } from './onnx/read.ts'
import type { LoadExternal } from './onnx/external-data.ts'
import { machineForm } from './passes/machine-form.ts'
import { isQuantised } from './passes/quantized/normalise.ts'
import type { FloatPlan } from './quantize/plan.ts'
import { counting, type Progress } from './progress.ts'
import { checkCalibration, checkFinite } from './quantize/check-finite.ts'
import { assumptions } from './quantize/assumed-grids.ts'
import { fuse } from './quantize/fuse.ts'
import { outputRange } from './quantize/given/output-range.ts'
import { quantizeGiven } from './quantize/given/quantize-given.ts'
import { quantize, type Quantized, type QuantizeReport } from './quantize/quantize.ts'
import type { Configuration } from './remedies.ts'
import type { ParallelScheduler } from './schedule/parallel.ts'

export interface CompileOptions {
  /** name of the program, also used in messages; usually the file's name */
  readonly name: string
  readonly machine: Machine
  /** absent: 4, or those of a quantised model */
  readonly weightBits?: 4 | 8
  readonly activationBits?: 4 | 8
  /** of a quantised model: keep every rounding that it states, also where two layers could be joined without it */
  readonly exactQdq?: boolean
  /** share of non-zero weights over all layers; the first convolution keeps twice that share */
  readonly density?: number
  /** density of single layers, by the name of their node */
  readonly densityOf?: Readonly<Record<string, number>>
  /** inputs of the model, tensors [1, channels, height, width]; absent: eight seeded images, with a warning */
  readonly calibration?: readonly Tensor[]
  /** preprocessing of pictures; stored with the input tensor for hosts that read pictures */
  readonly preprocessing?: Preprocessing
  /** names of the classes, one for each score of the output; stored with the program */
  readonly classes?: readonly string[]
  /** absent: resident where the weights fit */
  readonly weightsIn?: 'resident' | 'streamed'
  /** images of one run: the next image's input is loaded while an image is computed; absent: 1 */
  readonly images?: number
  /** an older program of the network for the same machine: schedules that are still valid are kept */
  readonly update?: Program
  /** results of earlier compilations: the program is the same with and without */
  readonly cache?: CompileCache
  /** schedules row groups beside the compiler, such as in worker threads: the program is the same with and without */
  readonly parallelScheduler?: ParallelScheduler
  readonly loadExternal?: LoadExternal
  readonly progress?: Progress
  /** report what became of every operator of the file */
  readonly explain?: boolean
}

export interface CompileReport {
  readonly instructions: number
  /** of the constants region */
  readonly bytes: number
  /** share of non-zero weights */
  readonly density: number
  /** bits of the weight stream per non-zero weight */
  readonly bitsPerNonZero: number
  /** beats of all row groups, and their number if every phase met its lower bound */
  readonly beats: number
  readonly boundBeats: number
  /** largest proven |cluster sum| as a share of the accumulator's range */
  readonly overflowBound: number
  /** [layers] share of the lanes' positions that hold a pixel; the others are idle */
  readonly laneUse: readonly number[]
  readonly weightsIn: 'resident' | 'streamed'
  /** the source of scales and zero points */
  readonly scales: 'calibrated' | 'given'
  /** row groups of each layer, and how many keep the older program's schedule; only for an update */
  readonly kept?: readonly ReusedSchedules[]
  /** [layers with schedules] whether the schedules came from the cache; only with a cache */
  readonly fromCache?: readonly boolean[]
  readonly warnings: readonly string[]
  readonly quantization: QuantizeReport
  /** what became of every operator of the file; only with `explain` */
  readonly operators?: readonly OperatorOutcome[]
}

export interface Compilation {
  readonly program: Program
  /** the simplified float graph and the integer graph: the references for the program's outputs */
  readonly float: FloatGraph
  readonly graph: IntegerGraph
  readonly report: CompileReport
}

/**
 * Compiles an ONNX model.
 * @param bytes of the file
 * @throws DlpError naming what cannot be read, lowered or placed, the reason and a remedy
 */
export function compile(bytes: Uint8Array, options: CompileOptions): Compilation {
  options.progress?.stage('read')
  return compileRead(readOnnx(bytes, options.name, { loadExternal: options.loadExternal }), options)
}

/** `compile` of a model that `readOnnx` has read. */
export function compileRead(read: FloatGraph, options: CompileOptions): Compilation {
  return withFileNames(read.origins, () => compileGraphOf(read, options))
}

function compileGraphOf(read: FloatGraph, options: CompileOptions): Compilation {
  const { name, machine, weightsIn, images, preprocessing, progress } = options
  const given = isQuantised(read)
  const { float, plan, quantized, warnings } = given ? withGivenScales(read, options) : withCalibration(read, options)
  const {
    program: unnamed,
    overflowBound,
    laneUse,
    kept,
    fromCache,
  } = compileGraph(quantized.graph, {
    name,
    machine,
    weightsIn,
    images,
    preprocessing,
    isFitChecked: true,
    update: options.update,
    cache: options.cache,
    parallelScheduler: options.parallelScheduler,
    progress,
  })
  const program = withClasses(unnamed, options.classes)
  return {
    program: withModelTypes(program, read, float, given),
    float,
    graph: quantized.graph,
    report: {
      ...reportOf(program, overflowBound, quantized.report, [...float.warnings, ...warnings]),
      laneUse,
      ...(kept === undefined ? {} : { kept }),
      ...(fromCache === undefined ? {} : { fromCache }),
      scales: given ? 'given' : 'calibrated',
      ...(options.explain === true ? { operators: explain(read, float, plan) } : {}),
    },
  }
}

/** The program with the names of its classes. @throws DlpError if the numbers of names and scores differ */
function withClasses(program: Program, classes: readonly string[] | undefined): Program {
  if (classes === undefined) return program
  const scores = scoresOf(program)
  if (classes.length !== scores)
    throw new DlpError({
      where: `model '${program.name}'`,
      what: `${classes.length} class names`,
      allowed: `${scores}, one for each score of the output`,
    })
  return { ...program, classes }
}

/** The result of the machine-independent stages. */
interface QuantizedModel {
  readonly float: FloatGraph
  /** its layers, without their weights */
  readonly plan: FloatPlan
  readonly quantized: Quantized
  readonly warnings: readonly string[]
}

/** A float model: it is pruned, calibrated and quantised. */
function withCalibration(read: FloatGraph, options: CompileOptions): QuantizedModel {
  const { name, machine, weightBits = 4, activationBits = 4, density = 1, densityOf = {}, progress } = options
  if (options.exactQdq === true)
    throw new DlpError({
      where: `model '${name}'`,
      what: 'exact QDQ is requested, but the model is not quantised',
      allowed: 'a model in QDQ, QLinear or QONNX form',
      help: 'leave --exact-qdq out',
    })
  const float = machineForm(read)
  checkPreprocessing(options.preprocessing, float.inputs[0]?.shape.slice(1) ?? [], `model '${name}'`)
  checkFinite(float)
  const plan = fuse(float, { outline: true })
  checkPlanFits(plan, () => fuse(float), name, configurationOf(options, activationBits))
  const calibration = options.calibration ?? seededImages(float)
  checkCalibration(calibration)
  const quantized = quantize(float, {
    machine,
    weightBits,
    activationBits,
    density,
    densityOf,
    calibration,
    progress: progress === undefined ? undefined : counting(progress),
  })
  const warning =
    'no calibration data: activation ranges come from eight seeded images; give --calibration for real ones'
  return { float, plan, quantized, warnings: options.calibration === undefined ? [warning] : [] }
}

/** A quantised model: it keeps its own integers and scales, which no option may change. */
function withGivenScales(read: FloatGraph, options: CompileOptions): QuantizedModel {
  const { name, weightBits, activationBits, density = 1, densityOf = {}, calibration, exactQdq } = options
  if (density < 1 || Object.keys(densityOf).length > 0)
    throw new DlpError({
      where: `model '${name}'`,
      what: 'a density is requested, but the model is quantised already',
      allowed: 'the integers of the model; its zeros are used as sparsity',
      help: 'prune before quantising, or compile the float model',
    })
  const float = machineForm(read)
  checkPreprocessing(options.preprocessing, float.inputs[0]?.shape.slice(1) ?? [], `model '${name}'`)
  const codes = float.host?.isTruncated !== true && outputCodeType(read) !== undefined
  const given = { exact: exactQdq, givesCodes: codes }
  const plan = (outline: boolean): FloatPlan => fuse(float, { ...given, outline })
  const outlined = plan(true)
  checkPlanFits(outlined, () => plan(false), name, configurationOf(options))
  const isOpen = outlined.assumed?.some(({ from }) => from === 'range') === true
  const isCalibrated = isOpen && calibration !== undefined && calibration.length > 0
  if (isCalibrated) checkCalibration(calibration)
  const quantized = quantizeGiven(float, {
    ...given,
    outputRange: isOpen ? outputRange(float, isCalibrated ? calibration : undefined) : undefined,
    accumulatorBits: options.machine.accumulatorBits,
  })
  const unused = [
    weightBits === undefined ? [] : ['--weights'],
    activationBits === undefined ? [] : ['--activations'],
    calibration === undefined || isCalibrated ? [] : ['--calibration'],
  ].flat()
  const warning = `the model is quantised: its own scales are kept, ${unused.join(', ')} not used`
  return {
    float,
    plan: outlined,
    quantized,
    warnings: [...assumptions(quantized.assumed, isCalibrated), ...(unused.length === 0 ? [] : [warning])],
  }
}

const configurationOf = (
  { machine, images = 1, weightsIn }: CompileOptions,
  activationBits?: 4 | 8,
): Configuration => ({
  machine,
  images,
  weightsIn,
  activationBits,
})

function reportOf(
  program: Program,
  overflowBound: number,
  quantization: QuantizeReport,
  warnings: readonly string[],
): Omit<CompileReport, 'scales' | 'laneUse' | 'kept' | 'fromCache' | 'operators'> {
  const { machine } = program
  const layers = layersOfImage(program)
  const sum = (value: (layer: Program['layers'][number]) => number): number =>
    layers.reduce((total, layer) => total + value(layer), 0)
  const nonZeros = sum((layer) => layer.nonZeros)
  return {
    instructions: program.instructions.length,
    bytes: program.constants.length,
    density:
      nonZeros /
      Math.max(
        1,
        sum((layer) => layer.weights),
      ),
    bitsPerNonZero: (sum((layer) => layer.beats) * clusterBeatBits(machine) * machine.clusters) / Math.max(1, nonZeros),
    beats: sum((layer) => layer.beats),
    boundBeats: sum((layer) => layer.boundBeats),
    overflowBound,
    weightsIn: program.weightsIn,
    warnings,
    quantization,
  }
}
