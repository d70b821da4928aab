// Proves that the trained ResNet-20 on a machine written by hand computes what the oracle computes.

import { readFileSync } from 'node:fs'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { ask, simulationFigures, simulationHolds, simulationLines } from './ask.ts'
import { firstOfEachClass } from './cifar-pixels.ts'
import { accuracyOf, realLogits } from './compare.ts'
import { compileResnet20, missingData, settings } from './network.ts'
import { report, timed } from './report.ts'

const testImages = { split: 'test', perClass: 5 } as const

await report('hand-machine', missingData(), async (progress) => {
  const file = new URL('../end-to-end/hand-machine.json', import.meta.url)
  const machine = parseMachine(readFileSync(file, 'utf8'), 'test/end-to-end/hand-machine.json')
  const compiled = await timed(() => compileResnet20(machine, progress))
  const { model, compilation } = compiled.result
  const pictures = await firstOfEachClass(testImages.split, testImages.perClass)
  const questions = pictures.map(({ pixels }) => ({ pixels, float: false }))
  const answered = await timed(() => ask(model, compilation, questions, progress))
  const answers = answered.result

  const logits = answers.map((answer) => realLogits(answer.program, compilation.program.outputs[0]!.scale))
  const accuracy = accuracyOf(
    logits,
    pictures.map(({ label }) => label),
  )
  const simulation = simulationFigures(answers)
  const seconds = { compile: compiled.seconds, images: answered.seconds }
  const { gridHeight, gridWidth, rows, clusters, banks } = machine
  return {
    name: 'hand-machine',
    holds: simulationHolds(simulation),
    figures: {
      device: machine,
      settings,
      images: { ...testImages, count: pictures.length },
      quantised: accuracy,
      simulation,
      seconds,
    },
    lines: [
      `ResNet-20 on ${gridHeight}×${gridWidth} lanes, ${rows} rows, ${clusters} clusters, ${banks} banks: 8 bits, dense, ${pictures.length} test images`,
      `quantised   ${accuracy.correct} of ${accuracy.images} right`,
      ...simulationLines(simulation, machine.clockMHz),
      `time        compiled in ${seconds.compile} s, images in ${seconds.images} s`,
    ],
  }
})
