// The compiler: an ONNX model becomes a program, one stage a line.
import { clusterBeatBits } from '../isa/model/sizes.ts'
import { DlpError } from '../base/error.ts'
import type { Machine } from '../isa/model/machine.ts'
import { checkPreprocessing } from '../isa/preprocessing.ts'
import { layersOfImage, scoresOf } from '../isa/program.ts'
import type { Preprocessing, Program } from '../isa/program.ts'
import { compileGraph, type KeptLayer } from './backend.ts'
import type { CompileCache } from './cache.ts'
import { seededImages } from './calibration.ts'
import { outputCodeType, withModelTypes } from './code-types.ts'
import type { FloatGraph } from './graph/graph.ts'
import { inWordsOfFile } from './graph/origins.ts'
import type { IntegerGraph } from './graph/integer.ts'
import type { Tensor } from './graph/tensor.ts'
import { explain, type OperatorFate } from './explain.ts'
import { checkRoom } from './room.ts'
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
import type { Setting } from './remedies.ts'
import type { ParallelScheduler } from './schedule/parallel.ts'

export interface CompileOptions {
  /** names the program and the messages, usually the file's name */
  readonly name: string
  readonly machine: Machine
  /** absent: 4, or what a quantised model brings */
  readonly weightBits?: 4 | 8
  readonly activationBits?: 4 | 8
  /** of a quantised model: keep every rounding that it spells out, also inside of layers that could be joined */
  readonly exactQdq?: boolean
  /** share of non-zero weights over all layers; the first convolution keeps twice that share */
  readonly density?: number
  /** share of single layers, by the name of their node */
  readonly densityOf?: Readonly<Record<string, number>>
  /** tensors [1, channels, height, width] as the model's input requires; absent: eight seeded images and a warning */
  readonly calibration?: readonly Tensor[]
  /** what is done to pictures before, stored whole with the input tensor, for hosts that start from them */
  readonly preprocessing?: Preprocessing
  /** names of the classes, one a score of the output, stored with the program */
  readonly classes?: readonly string[]
  /** absent: resident where the weights fit */
  readonly weightsIn?: 'resident' | 'streamed'
  /** that one run takes, the next one's input arriving while one is computed; absent: 1 */
  readonly images?: number
  /** an older program of the network for the same machine: schedules that still serve are kept */
  readonly update?: Program
  /** results of earlier compilations: the program is the same with and without */
  readonly cache?: CompileCache
  /** schedules row groups beside the compiler, such as in worker threads: the program is the same with and without */
  readonly parallelScheduler?: ParallelScheduler
  readonly loadExternal?: LoadExternal
  readonly progress?: Progress
  /** say of every operator of the file where it went */
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
  /** beats of all row groups, and what they would be if every phase met its lower bound */
  readonly beats: number
  readonly boundBeats: number
  /** largest proven |cluster sum| as a share of the accumulator's range */
  readonly overflowBound: number
  /** [layers] share of the lanes' positions that hold a pixel: what is left is idle */
  readonly laneUse: readonly number[]
  readonly weightsIn: 'resident' | 'streamed'
  /** where scales and zero points come from */
  readonly scales: 'calibrated' | 'given'
  /** row groups of each layer, and how many keep the older program's schedule; only for an update */
  readonly kept?: readonly KeptLayer[]
  /** [layers with schedules] whether they came out of the cache; only with one */
  readonly fromCache?: readonly boolean[]
  readonly warnings: readonly string[]
  readonly quantization: QuantizeReport
  /** where every operator of the file went; only where that was asked for */
  readonly operators?: readonly OperatorFate[]
}

export interface Compilation {
  readonly program: Program
  /** the simplified float graph and the integer graph: what the program is measured against */
  readonly float: FloatGraph
  readonly graph: IntegerGraph
  readonly report: CompileReport
}

/**
 * Compiles an ONNX model.
 * @param bytes of the file
 * @throws DlpError naming what cannot be read, lowered or placed, the reason and what would help
 */
export function compile(bytes: Uint8Array, options: CompileOptions): Compilation {
  options.progress?.stage('read')
  return compileRead(readOnnx(bytes, options.name, { loadExternal: options.loadExternal }), options)
}

/** `compile` of a model that `readOnnx` has read. */
export function compileRead(read: FloatGraph, options: CompileOptions): Compilation {
  return inWordsOfFile(read.origins, () => compileGraphOf(read, options))
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
    hasRoom: true,
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

/** @throws DlpError where there are not as many names as scores */
function withClasses(program: Program, classes: readonly string[] | undefined): Program {
  if (classes === undefined) return program
  const scores = scoresOf(program)
  if (classes.length !== scores)
    throw new DlpError({
      where: `model '${program.name}'`,
      what: `${classes.length} class names`,
      allowed: `${scores}, one a score of the output`,
    })
  return { ...program, classes }
}

interface Front {
  readonly float: FloatGraph
  /** its layers, without their weights */
  readonly plan: FloatPlan
  readonly quantized: Quantized
  readonly warnings: readonly string[]
}

/** A float model: pruned, calibrated and quantised here. */
function withCalibration(read: FloatGraph, options: CompileOptions): Front {
  const { name, machine, weightBits = 4, activationBits = 4, density = 1, densityOf = {}, progress } = options
  if (options.exactQdq === true)
    throw new DlpError({
      where: `model '${name}'`,
      what: 'exact QDQ was asked for, but the model is not quantised',
      allowed: 'a model in QDQ, QLinear or QONNX form',
      help: 'leave --exact-qdq out',
    })
  const float = machineForm(read)
  checkPreprocessing(options.preprocessing, float.inputs[0]?.shape.slice(1) ?? [], `model '${name}'`)
  checkFinite(float)
  const plan = fuse(float, { outline: true })
  checkRoom(plan, () => fuse(float), name, settingOf(options, activationBits))
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

/** A quantised model: its own integers and scales, which no option may change. */
function withGivenScales(read: FloatGraph, options: CompileOptions): Front {
  const { name, weightBits, activationBits, density = 1, densityOf = {}, calibration, exactQdq } = options
  if (density < 1 || Object.keys(densityOf).length > 0)
    throw new DlpError({
      where: `model '${name}'`,
      what: 'a density was asked for, but the model is quantised already',
      allowed: 'the integers that the model brings; its zeros become sparsity by themselves',
      help: 'prune before quantising, or compile the float model',
    })
  const float = machineForm(read)
  checkPreprocessing(options.preprocessing, float.inputs[0]?.shape.slice(1) ?? [], `model '${name}'`)
  const codes = float.host?.isCut !== true && outputCodeType(read) !== undefined
  const given = { exact: exactQdq, givesCodes: codes }
  const plan = (outline: boolean): FloatPlan => fuse(float, { ...given, outline })
  const outlined = plan(true)
  checkRoom(outlined, () => plan(false), name, settingOf(options))
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

const settingOf = ({ machine, images = 1, weightsIn }: CompileOptions, activationBits?: 4 | 8): Setting => ({
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
