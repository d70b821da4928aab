// Proves on MLPerf Tiny's trained ResNet-8 that 8 bits of our own quantiser keep its accuracy, and that the program is the oracle.

import { readFileSync } from 'node:fs'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { inputCodes, realFromPixels } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import type { Preprocessing } from '../../isa/program.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { openModel } from '../compiler/runtime.ts'
import { dataFile } from '../support/data.ts'
import { hasCifar } from '../support/dataset.ts'
import { evenChoice, firstOfEachClass } from './cifar-pixels.ts'
import { accuracyOf, agreement, realLogits, relativeNoise } from './compare.ts'
import { kerasToGraph } from './keras.ts'
import { report } from './report.ts'

/** Points of top-1 accuracy that 8 bits may cost, or gain. */
const tolerance = 1
const perClass = 200
const calibrationImages = 256
const simulatedImages = 50
const parts = ['models', 'mlperf-tiny', 'pretrainedResnet.h5'] as const

/** The network takes pixels from 0 to 255 as they are. */
const preprocessing: Preprocessing = { mean: [0], std: [1 / 255] }

const path = dataFile(...parts)
const missing =
  path === undefined ? parts.join('/') : hasCifar('test') && hasCifar('train') ? undefined : 'data/cifar10'

await report('mlperf-resnet8', missing, async (progress) => {
  const bytes = writeOnnx(kerasToGraph(readFileSync(path!), 'mlperf-resnet8'))
  const real = (pixels: Uint8Array) => tensorOf('float32', realFromPixels(pixels, 3, preprocessing), [1, 3, 32, 32])
  progress.stage('pictures')
  const calibration = (await evenChoice('train', calibrationImages, 1)).map(({ pixels }) => real(pixels))
  const pictures = await firstOfEachClass('test', perClass)
  const labels = pictures.map(({ label }) => label)
  const options = { weightBits: 8, activationBits: 8, calibration, preprocessing, progress } as const
  const { program, graph } = compile(bytes, { name: 'mlperf-resnet8', machine: machines.edge, ...options })
  const runtime = await openModel(bytes)
  const oracle = integerEvaluator(graph)
  const simulator = new Simulator(program)
  simulator.init()
  const [input] = elements(program.inputs, 1)
  const [output] = elements(program.outputs, 1)
  const float: ArrayLike<number>[] = []
  const quantised: ArrayLike<number>[] = []
  let different = 0
  let cycles = 0
  progress.stage('images', pictures.length)
  for (const [at, { pixels }] of pictures.entries()) {
    const [answer] = elements((await runtime.run(new Map([['input_1', real(pixels)]]))).values(), 1)
    float.push(answer.data)
    const codes = inputCodes({ kind: 'pixels', data: pixels }, input)
    const logits = oracle(Int16Array.from(codes)).logits!
    quantised.push(realLogits(logits, output.scale))
    if (at % Math.floor(pictures.length / simulatedImages) === 0) {
      const run = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
      const found = unpackTensor(run.outputs[output.name]!, output, program.machine)
      if (run.hazards.length + run.overflows.length > 0 || found.some((code, row) => code !== logits[row])) different++
      cycles = run.timing.cycles
    }
    progress.step()
  }
  await runtime.close()
  const [floatTop, top] = [accuracyOf(float, labels), accuracyOf(quantised, labels)]
  const points = top.top1 - floatTop.top1
  const noise = relativeNoise(float, quantised)
  return {
    name: 'mlperf-resnet8',
    holds: Math.abs(points) <= tolerance && different === 0,
    figures: {
      device: machines.edge.name,
      images: pictures.length,
      calibrationImages,
      float: floatTop,
      quantised: top,
      differencePoints: points,
      tolerancePoints: tolerance,
      sameClass: agreement(float, quantised),
      relativeNoise: noise,
      simulated: { images: simulatedImages, different, cycles },
    },
    lines: [
      `MLPerf Tiny's ResNet-8 on edge, 8-bit weights and activations, dense, ${pictures.length} test images`,
      `float       ${floatTop.top1.toFixed(2)} % top-1 (ONNX Runtime)`,
      `quantised   ${top.top1.toFixed(2)} % top-1, ${points.toFixed(2)} points (${tolerance} allowed); noise of the logits ${(100 * noise).toFixed(2)} %`,
      `simulator   ${different} of ${simulatedImages} images differ from the oracle; ${cycles} cycles`,
    ],
  }
})
