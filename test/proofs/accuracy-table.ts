// The trained ResNet-20 over weight sets and densities: quantised by ADMM, by a GPTQ-style correction and by plain rounding.

import { writeOnnx } from '../../compiler/onnx/write.ts'
import type { Progress } from '../../compiler/progress.ts'
import { type WeightSetName, weightSets } from '../../compiler/quantize/discrete/weight-sets.ts'
import { accuracyOf } from './compare.ts'
import { compared, type Errors, type MethodName, methods } from './methods.ts'
import { missingData } from './network.ts'
import { type Numbers, report } from './report.ts'
import { answersOf, type Asked, calibrationImages, quantised, trainedNetwork } from './trained-resnet20.ts'

const densities = [1, 0.75, 0.5, 0.25]
/** Where plain rounding loses more points than this, ADMM is ahead of it. */
const clearLoss = 1
/** Points by which ADMM may be behind either of the others. */
const mayTrail = 0.3

await report('accuracy-table', missingData(), prove, { perClass: 1000 })

async function prove(progress: Progress, { perClass }: Numbers<'perClass'>) {
  progress.stage('pictures')
  const network = await trainedNetwork(perClass)
  const { images, labels } = network
  const top1 = async (bytes: Uint8Array): Promise<number> =>
    accuracyOf(await answersOf(bytes, images, progress), labels).top1
  const float = await top1(network.bytes)
  const cells = []
  for (const weights of Object.keys(weightSets) as WeightSetName[])
    for (const density of densities) {
      const asked: Asked = { weights, activationBits: 8, density, sparsity: 'scheduled' }
      progress.stage(`${weights}, density ${density}`)
      const errors: Errors[] = []
      const found = { admm: await top1(writeOnnx(quantised(network, { ...asked, method: compared(errors) }).graph)) }
      const others = {
        gptq: await top1(writeOnnx(quantised(network, { ...asked, method: methods.gptq }).graph)),
        plain: await top1(writeOnnx(quantised(network, { ...asked, method: methods.plain }).graph)),
      }
      const accuracy: Readonly<Record<MethodName, number>> = { ...found, ...others }
      const least = errors.filter(({ admm, plain, gptq }) => admm <= plain && admm <= gptq).length
      const { admm, gptq, plain } = accuracy
      const isAhead = float - plain <= clearLoss || admm > plain
      const holds = least === errors.length && isAhead && admm >= Math.max(plain, gptq) - mayTrail
      const line = `${weights}, density ${density}: ADMM ${admm.toFixed(2)} %, GPTQ-style ${gptq.toFixed(2)} %, plain ${plain.toFixed(2)} %; its error least on ${least} of ${errors.length} layers${holds ? '' : ': DOES NOT HOLD'}`
      console.error(line)
      cells.push({ line, holds, cell: { weights, density, ...accuracy, least, layers: errors.length, errors } })
    }
  return {
    name: 'accuracy-table',
    holds: cells.every(({ holds }) => holds),
    figures: { images: images.length, calibrationImages, float, cells: cells.map(({ cell }) => cell) },
    lines: [`float: ${float.toFixed(2)} % of ${images.length} pictures`, ...cells.map(({ line }) => line)],
  }
}
