// The trained ResNet-20, quantised after training: top-1 on the test pictures against float, ADMM's error against two other methods, the importer's integers.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import type { Progress } from '../../compiler/progress.ts'
import { accuracyOf } from './compare.ts'
import { importerAgrees } from './importer-agrees.ts'
import { compared, type Errors } from './methods.ts'
import { missingData } from './network.ts'
import { type Numbers, report } from './report.ts'
import { answersOf, type Asked, calibrationImages, quantised, trainedNetwork } from './trained-resnet20.ts'

/** Images of each class on which the importer's integer graph is evaluated too. */
const integerPerClass = 30
/** Percent of images on which these name the class that ONNX Runtime names, at least; 4-bit maps are judged by their codes alone, since this network's
 * classes turn on single ones. */
const leastAgreement = 97
/** Percent of a layer's codes that may differ from ONNX Runtime's, by one step. */
const mostDifferent = 0.1

/** The settings, and the points of top-1 that each may lose. */
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

await report('accuracy', missingData(), prove, { perClass: 1000 })

async function prove(progress: Progress, { perClass }: Numbers<'perClass'>) {
  progress.stage('pictures')
  const network = await trainedNetwork(perClass)
  const { images, labels } = network
  const few = images.map((_, at) => at).filter((at) => at % perClass < Math.min(perClass, integerPerClass))
  const top1 = (answers: readonly ArrayLike<number>[]): number => accuracyOf(answers, labels).top1
  const floatTop1 = top1(await answersOf(network.bytes, images, progress))
  const measured = []
  for (const { name, asked, mayLose } of rows) {
    progress.stage(name)
    const errors: Errors[] = []
    const start = performance.now()
    const { graph, layers, density } = quantised(network, { ...asked, method: compared(errors) })
    const seconds = (performance.now() - start) / 1000
    const answers = await answersOf(writeOnnx(graph), images, progress)
    const found = top1(answers)
    const ahead = errors.filter(({ admm, plain, gptq }) => admm <= plain && admm <= gptq).length
    const importer = await importerAgrees(
      graph,
      few.map((at) => images[at]!),
      few.map((at) => answers[at]!),
    )
    const lost = floatTop1 - found
    const line = `${name}: ${found.toFixed(2)} % (float − ${lost.toFixed(2)}, allowed ${mayLose}), density ${density.toFixed(3)}, ADMM's error least on ${ahead} of ${errors.length} layers`
    // This takes long, so every row is reported as soon as it is measured.
    console.error(line)
    const holds =
      lost <= mayLose &&
      ahead === errors.length &&
      importer.codes.percent <= mostDifferent &&
      importer.codes.steps <= 1 &&
      (asked.activationBits === 4 || importer.sameClass >= leastAgreement)
    measured.push({
      line,
      holds,
      row: { name, top1: found, lost, mayLose, density, seconds, ahead, layers, errors, importer },
    })
  }
  return {
    name: 'accuracy',
    holds: measured.every(({ holds }) => holds),
    figures: { images: images.length, calibrationImages, float: floatTop1, rows: measured.map(({ row }) => row) },
    lines: [
      `float: ${floatTop1.toFixed(2)} % of ${images.length} pictures`,
      ...measured.map(({ line }) => line),
      ...measured.map(
        ({
          row: {
            name,
            importer: { images: asked, sameClass, codes },
          },
        }) =>
          `${name}: the importer's integers name ONNX Runtime's class on ${sameClass.toFixed(1)} % of ${asked}; at most ${codes.percent.toFixed(4)} % of a layer's codes differ, by ${codes.steps} step`,
      ),
    ],
  }
}
