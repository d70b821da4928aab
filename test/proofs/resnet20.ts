// Proves on the trained ResNet-20 that 8 bits keep its accuracy and that the program computes what the oracle computes.

import { machines } from '../../isa/model/machine.ts'
import { ask, simulationFigures, simulationHolds, simulationLines } from './ask.ts'
import { firstOfEachClass } from './cifar-pixels.ts'
import { accuracyOf, agreement, realLogits, relativeNoise } from './compare.ts'
import { compileResnet20, missingData, settings } from './network.ts'
import { report, timed } from './report.ts'

/** Points of top-1 accuracy that quantisation may cost, or gain. */
const tolerance = 0.7
const testImages = { split: 'test', perClass: 200 } as const

await report('resnet20', missingData(), async (progress) => {
  const machine = machines.edge
  const compiled = await timed(() => compileResnet20(machine, progress))
  const { model, compilation } = compiled.result
  const { program } = compilation
  const { instructions, bytes, weightsIn, overflowBound, bitsPerNonZero } = compilation.report

  progress.stage('pictures')
  const pictures = await firstOfEachClass(testImages.split, testImages.perClass)
  const labels = pictures.map(({ label }) => label)
  const questions = pictures.map(({ pixels }) => ({ pixels, float: true }))
  const answered = await timed(() => ask(model, compilation, questions, progress))
  const answers = answered.result

  const float = answers.map((answer) => answer.float ?? [])
  const quantised = answers.map((answer) => realLogits(answer.program, program.outputs[0]!.scale))
  const floatAccuracy = accuracyOf(float, labels)
  const accuracy = accuracyOf(quantised, labels)
  const difference = (100 * (accuracy.correct - floatAccuracy.correct)) / pictures.length
  const agree = agreement(float, quantised)
  const noise = relativeNoise(float, quantised)
  const simulation = simulationFigures(answers)
  const seconds = { compile: compiled.seconds, images: answered.seconds }
  return {
    name: 'resnet20',
    holds: Math.abs(difference) <= tolerance && simulationHolds(simulation),
    figures: {
      device: machine.name,
      settings,
      images: { ...testImages, count: pictures.length },
      float: floatAccuracy,
      quantised: accuracy,
      differencePoints: difference,
      tolerancePoints: tolerance,
      sameClass: agree,
      relativeNoise: noise,
      simulation,
      program: { instructions, bytes, weightsIn, bitsPerNonZero, overflowBound },
      seconds,
    },
    lines: [
      `ResNet-20 on ${machine.name}, 8-bit weights and activations, dense, ${pictures.length} test images`,
      `float       ${floatAccuracy.top1.toFixed(2)} % top-1`,
      `quantised   ${accuracy.top1.toFixed(2)} % top-1, ${signed(difference)} points (${tolerance} allowed); same class on ${agree} images`,
      `            noise of the logits ${(100 * noise).toFixed(2)} % of their power`,
      ...simulationLines(simulation, machine.clockMHz),
      `time        compiled in ${seconds.compile} s; float graph, oracle and simulator in ${seconds.images} s`,
    ],
  }
})

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}
