// The trained ResNet-20, quantised after training: top-1 on the test pictures against float, and ADMM against two other ways.

import { readFileSync } from 'node:fs'
import ort from 'onnxruntime-node'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { machineInterface } from '../../compiler/passes/machine-interface.ts'
import { normalise } from '../../compiler/passes/quantized/normalise.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import type { Progress } from '../../compiler/progress.ts'
import { type PostTrainingOptions, quantizeAfterTraining } from '../../compiler/quantize/discrete/post-training.ts'
import { quantizeGiven } from '../../compiler/quantize/given/quantize-given.ts'
import { realFromPixels } from '../../host/images.ts'
import { machines } from '../../isa/machine.ts'
import { dataFile } from '../support/data.ts'
import { evenChoice, firstOfEachClass, preprocessing } from './cifar-pixels.ts'
import { accuracyOf, agreement } from './compare.ts'
import { compared, type Errors, type MethodName, methods } from './methods.ts'
import { missingData } from './network.ts'
import { report } from './report.ts'

const calibrationImages = 128
/** Images on which the integers of the importer answer too. */
const integerImages = 100
/** Percent of them on which they name the class that ONNX Runtime names, at least. */
const leastAgreement = 97

type Asked = Pick<PostTrainingOptions, 'weights' | 'activationBits' | 'density' | 'sparsity'>

/** What is asked, and the points of top-1 that it may lose. */
const rows: readonly { readonly name: string; readonly asked: Asked; readonly mayLose: number }[] = [
  { name: 'int8, 8-bit maps', asked: { weights: 'int8', activationBits: 8 }, mayLose: 0.5 },
  { name: 'int4, 8-bit maps', asked: { weights: 'int4', activationBits: 8 }, mayLose: 1 },
  {
    name: 'int4, 8-bit maps, density 0.75',
    asked: { weights: 'int4', activationBits: 8, density: 0.75, sparsity: 'scheduled' },
    mayLose: 1,
  },
  {
    name: 'int4, 8-bit maps, density 0.5',
    asked: { weights: 'int4', activationBits: 8, density: 0.5, sparsity: 'scheduled' },
    mayLose: 2.5,
  },
  { name: 'int4, 4-bit maps', asked: { weights: 'int4', activationBits: 4 }, mayLose: 2.5 },
]

await report('accuracy', missingData(), prove, { perClass: 1000, others: 0 })

async function prove(progress: Progress, numbers: Readonly<Record<string, number>>) {
  const { perClass, others } = numbers as { perClass: number; others: number }
  const bytes = readFileSync(dataFile('models', 'cifar10-resnet', 'resnet20.onnx')!)
  const float = machineInterface(simplify(readOnnx(bytes, 'resnet20')))
  const tensorOfPixels = (pixels: Uint8Array): Tensor =>
    tensorOf('float32', realFromPixels(pixels, 3, preprocessing), float.inputs[0].shape)
  progress.stage('pictures')
  const calibration = (await evenChoice('train', calibrationImages, 1)).map(({ pixels }) => tensorOfPixels(pixels))
  const pictures = await firstOfEachClass('test', perClass)
  const images = pictures.map(({ pixels }) => tensorOfPixels(pixels))
  const labels = pictures.map(({ label }) => label)
  const top1 = (answers: readonly ArrayLike<number>[]): number => accuracyOf(answers, labels).top1
  const floatTop1 = top1(await answersOf(bytes, images, progress))
  const measured = []
  for (const { name, asked, mayLose } of rows) {
    progress.stage(name)
    const notes: Errors[] = []
    const quantise = (method: PostTrainingOptions['method']) =>
      quantizeAfterTraining(float, { ...asked, machine: machines.edge, calibration, method })
    const start = performance.now()
    const { graph, layers, density } = quantise(compared(notes))
    const seconds = (performance.now() - start) / 1000
    const answers = await answersOf(writeOnnx(graph), images, progress)
    const found = top1(answers)
    const other: Partial<Record<MethodName, number>> = {}
    if (others > 0)
      for (const method of ['plain', 'gptq'] as const)
        other[method] = top1(await answersOf(writeOnnx(quantise(methods[method]).graph), images, progress))
    const ahead = notes.filter(({ admm, plain, gptq }) => admm <= plain && admm <= gptq).length
    const same = await integersAgree(graph, images, answers)
    const lost = floatTop1 - found
    const line = `${name}: ${found.toFixed(2)} % (float − ${lost.toFixed(2)}, allowed ${mayLose}), density ${density.toFixed(3)}, ADMM's error least on ${ahead} of ${notes.length} layers`
    // The way is long: every row is told as soon as it is known.
    console.error(line)
    measured.push({
      line,
      row: { name, top1: found, lost, mayLose, density, seconds, ahead, layers, errors: notes, other, same },
    })
  }
  return {
    name: 'accuracy',
    holds: measured.every(
      ({ row }) => row.lost <= row.mayLose && row.ahead === row.errors.length && row.same >= leastAgreement,
    ),
    figures: {
      images: images.length,
      calibrationImages,
      float: floatTop1,
      rows: measured.map(({ row }) => row),
    },
    lines: [
      `float: ${floatTop1.toFixed(2)} % of ${images.length} pictures`,
      ...measured.map(({ line }) => line),
      ...measured.flatMap(({ row: { name, other } }) => Object.entries(other).map(([method, value]) => `${name}, ${method}: ${value.toFixed(2)} %`)), // prettier-ignore
      ...measured.map(
        ({ row: { name, same } }) =>
          `${name}: the importer's integers name ONNX Runtime's class on ${same.toFixed(1)} %`,
      ),
    ],
  }
}

/** What ONNX Runtime says of every picture, with every rounding as the file spells it out. */
async function answersOf(bytes: Uint8Array, images: readonly Tensor[], progress: Progress): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'basic', logSeverityLevel: 3 })
  const answers: Float32Array[] = []
  progress.stage('runtime', images.length)
  for (const image of images) {
    const input = new ort.Tensor('float32', image.data as Float32Array, [...image.shape])
    const outputs = await session.run({ [session.inputNames[0]]: input })
    answers.push(outputs[session.outputNames[0]].data as Float32Array)
    progress.step()
  }
  await session.release()
  return answers
}

/** Percent of pictures on which the importer's integers name the class that ONNX Runtime names. */
async function integersAgree(
  graph: FloatGraph,
  images: readonly Tensor[],
  answers: readonly Float32Array[],
): Promise<number> {
  const { graph: integer } = quantizeGiven(normalise(readOnnx(writeOnnx(graph), 'resnet20')))
  const { scale, zeroPoint } = integer.input
  const evaluate = integerEvaluator(integer)
  const last = integer.layers.at(-1)!
  const step = Math.max(1, Math.floor(images.length / integerImages))
  const chosen = images.map((_, at) => at).filter((at) => at % step === 0)
  const own = chosen.map((at) => {
    const codes = Int16Array.from(images[at].data, (value) => Math.min(Math.max(Math.round(value / scale) + zeroPoint, 0), 255)) // prettier-ignore
    return Array.from(evaluate(codes).logits!, (code, row) => code * (last.kind === 'logits' ? last.scale[row] : 1))
  })
  return (100 * agreement(own, chosen.map((at) => answers[at]))) / chosen.length // prettier-ignore
}
