// Proves on the trained ResNet-20, quantised outside, that programs with given scales compute what ONNX Runtime computes.

import { readFileSync } from 'node:fs'
import { elements } from '../../base/defined.ts'
import { compileGraph } from '../../compiler/backend.ts'
import { compile } from '../../compiler/compile.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { normalise } from '../../compiler/passes/quantized/normalise.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { quantizeGiven } from '../../compiler/quantize/given/quantize-given.ts'
import type { Progress } from '../../compiler/progress.ts'
import { inputCodes, realFromPixels } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { dequantiseOutput, packTensor, unpackTensor } from '../../isa/packing.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { openModel } from '../compiler/runtime.ts'
import { dataFile } from '../support/data.ts'
import { layerDifferences, runtimeCodes, type LayerDifference } from '../support/runtime-codes.ts'
import { quantizeStatic, type StaticOptions } from '../support/static-quantiser.ts'
import { evenChoice, firstOfEachClass, preprocessing } from './cifar-pixels.ts'
import { accuracyOf, agreement } from './compare.ts'
import { missingData } from './network.ts'
import { report } from './report.ts'

const perClass = 50
const calibrationImages = 64
const simulatedImages = 20
/** Images on which every layer is compared with the runtime's. */
const layerImages = 5
/** Percent of images on which program and runtime name the same class, at least. */
const leastAgreement = 98

const eight: StaticOptions = { format: 'QDQ', activations: 'uint8', weights: 'int8', perChannel: true }
const four: StaticOptions = { ...eight, activations: 'uint4', weights: 'int4' }

interface Model {
  readonly name: string
  readonly options: StaticOptions
  /** a claim about classes: with 4 bits and ranges from least and greatest values the network itself classifies few images correctly */
  readonly names: 'classes' | 'codes'
  /** of a joined sum's codes, the share that may differ by a step */
  readonly mostMoved: number
}

const models: readonly Model[] = [
  { name: 'QDQ, uint8 maps, int8 weights per channel', options: eight, names: 'classes', mostMoved: 1 },
  { name: 'QLinear, the same', options: { ...eight, format: 'QOperator' }, names: 'classes', mostMoved: 1 },
  {
    name: 'QDQ, int8 maps, uint8 weights per tensor',
    options: { ...eight, activations: 'int8', weights: 'uint8', perChannel: false },
    names: 'classes',
    mostMoved: 1,
  },
  { name: 'QDQ, uint4 maps, int4 weights per channel', options: four, names: 'codes', mostMoved: 0.02 },
]

await report('quantised', missingData(), async (progress) => {
  const float = simplify(readOnnx(readFileSync(dataFile('models', 'cifar10-resnet', 'resnet20.onnx')!), 'resnet20'))
  const [{ shape }] = elements(float.inputs, 1)
  const tensorOfPixels = (pixels: Uint8Array): Tensor =>
    tensorOf('float32', realFromPixels(pixels, 3, preprocessing), shape)
  progress.stage('pictures')
  const calibration = (await evenChoice('train', calibrationImages, 1)).map(({ pixels }) => tensorOfPixels(pixels))
  const pictures = await firstOfEachClass('test', perClass)
  const labels = pictures.map(({ label }) => label)
  const images = pictures.map(({ pixels }) => tensorOfPixels(pixels))
  const results = []
  for (const model of models) {
    const { name, options } = model
    progress.stage(name, images.length)
    const quantised = quantizeStatic(float, calibration, options)
    results.push({ name, ...(await compare(model, quantised, images, labels, progress)) })
  }
  return {
    name: 'quantised',
    holds: results.every(({ holds }) => holds),
    figures: { images: images.length, calibrationImages, leastAgreement, models: results },
    lines: results.flatMap(({ name, lines }) => [name, ...lines.map((line) => `  ${line}`)]),
  }
})

/** One quantised model: layer by layer, end to end, and its simulation. */
async function compare(
  { names, mostMoved }: Model,
  quantised: Graph,
  images: readonly Tensor[],
  labels: readonly number[],
  progress: Progress,
) {
  const model = await openModel(writeOnnx(quantised))
  const {
    program,
    graph,
    report: compiled,
  } = compile(writeOnnx(quantised), { name: 'resnet20', machine: machines.edge })
  const exactGraph = quantizeGiven(normalise(quantised), { exact: true }).graph
  const exactCycles = cyclesOf(exactGraph)
  const [oracle, exactOracle] = [integerEvaluator(graph), integerEvaluator(exactGraph)]
  const simulator = new Simulator(program)
  simulator.init()
  const [input] = elements(program.inputs, 1)
  const [output] = elements(program.outputs, 1)
  const expected: ArrayLike<number>[] = []
  const joined: ArrayLike<number>[] = []
  const exact: ArrayLike<number>[] = []
  let different = 0
  let cycles = 0
  for (const [at, image] of images.entries()) {
    const [answer] = elements((await model.run(new Map([[quantised.inputs[0]!.name, image]]))).values(), 1)
    expected.push(answer.data)
    const codes = inputCodes({ kind: 'real', data: image.data }, input)
    const result = oracle(Int16Array.from(codes))
    const answers = result.logits ?? result.maps.get(graph.output)!
    joined.push(dequantiseOutput(answers, output))
    exact.push(exactOracle(Int16Array.from(codes)).maps.get(exactGraph.output)!)
    if (at < simulatedImages) {
      const run = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
      const found = unpackTensor(run.outputs[output.name]!, output, program.machine)
      if (run.hazards.length > 0 || found.some((code, row) => code !== answers[row])) different++
      cycles = run.timing.cycles
    }
    progress.step()
  }
  await model.close()
  const [layers, exactLayers] = [await worst(quantised, graph, images), await worst(quantised, exactGraph, images)]
  const percent = (count: number): number => (100 * count) / images.length
  const agrees = percent(agreement(joined, expected))
  const agreesExact = percent(agreement(exact, expected))
  const top1 = {
    runtime: accuracyOf(expected, labels).top1,
    program: accuracyOf(joined, labels).top1,
    exact: accuracyOf(exact, labels).top1,
  }
  const holds =
    (names === 'codes' || (agrees >= leastAgreement && agreesExact >= leastAgreement)) &&
    different === 0 &&
    layers.joined.most <= 1 &&
    layers.joined.share <= mostMoved &&
    layers.plain.share <= 0.002 &&
    exactLayers.plain.share <= 0.002 &&
    layers.plain.most <= 1 &&
    exactLayers.plain.most <= 1
  return {
    holds,
    agreement: { joined: agrees, exact: agreesExact },
    top1,
    layers,
    exactLayers: exactLayers.plain,
    simulated: { images: simulatedImages, different, cycles, exactCycles },
    density: compiled.density,
    lines: [
      `same class as ONNX Runtime: ${agrees.toFixed(1)} %, with every rounding kept ${agreesExact.toFixed(1)} %`,
      `top-1: runtime ${top1.runtime.toFixed(1)} %, program ${top1.program.toFixed(1)} %, every rounding kept ${top1.exact.toFixed(1)} %`,
      `worst plain layer: ${describe(layers.plain)}; worst joined one: ${describe(layers.joined)}`,
      `worst layer with every rounding kept: ${describe(exactLayers.plain)}`,
      `simulator: ${different} of ${simulatedImages} images differ from the oracle; ${cycles} cycles, ${exactCycles} with every rounding kept; density ${compiled.density.toFixed(3)}`,
    ],
  }
}

/** Of one image, which do not depend on it. */
function cyclesOf(graph: IntegerGraph): number {
  const { program } = compileGraph(graph, { name: graph.name, machine: machines.edge })
  const simulator = new Simulator(program)
  simulator.init()
  const [input] = elements(program.inputs, 1)
  return simulator.infer({ [input.name]: new Uint8Array(input.bytes) }).timing.cycles
}

interface Worst {
  /** greatest share of elements that differ, of all layers, over some images */
  readonly share: number
  /** greatest share that differs by more than one step */
  readonly overOneStep: number
  readonly most: number
  /** layers of this kind */
  readonly count: number
}

async function worst(
  quantised: Graph,
  graph: IntegerGraph,
  images: readonly Tensor[],
): Promise<{ readonly plain: Worst; readonly joined: Worst }> {
  const all: LayerDifference[][] = []
  for (let at = 0; at < layerImages; at++)
    all.push(layerDifferences(graph, await runtimeCodes(quantised, images[at * perClass]!)))
  const layers = all[0]!.map((layer, index) => {
    const mean = (value: (difference: LayerDifference) => number): number =>
      all.reduce((sum, differences) => sum + value(differences[index]!), 0) / all.length
    const most = Math.max(...all.map((differences) => differences[index]!.most))
    return {
      joined: layer.joined,
      share: mean(({ share }) => share),
      overOneStep: mean(({ overOneStep }) => overOneStep),
      most,
    }
  })
  const greatest = (list: typeof layers): Worst => ({
    share: Math.max(0, ...list.map(({ share }) => share)),
    overOneStep: Math.max(0, ...list.map(({ overOneStep }) => overOneStep)),
    most: Math.max(0, ...list.map(({ most }) => most)),
    count: list.length,
  })
  return {
    plain: greatest(layers.filter(({ joined }) => !joined)),
    joined: greatest(layers.filter(({ joined }) => joined)),
  }
}

function describe({ share, overOneStep, most, count }: Worst): string {
  return `of ${count}: ${(100 * share).toFixed(3)} % differ, ${(100 * overOneStep).toFixed(3)} % by more than one step, at most ${most}`
}
