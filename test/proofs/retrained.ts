// The re-trained ResNet-8 of the examples on all test pictures: its programs on the simulator, and its files in ONNX Runtime, against its float accuracy.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Candidate, PictureResult } from '../../toolchain/evaluation/classifier.ts'
import { preprocessingOf } from '../../toolchain/inputs/preprocessing.ts'
import { runOnAllCores } from '../../base/worker-pool.ts'
import { compileRead } from '../../compiler/compile.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import type { Progress } from '../../compiler/progress.ts'
import { decodePicture } from '../../toolchain/files/image.ts'
import { realFromPixels } from '../../host/images.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { machines } from '../../isa/model/machine.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { cifarSamples, hasCifar } from '../support/dataset.ts'
import { type Numbers, report } from './report.ts'
import { answersOf } from './trained-resnet20.ts'

const example = new URL('../../examples/resnet8-cifar10/', import.meta.url)

/** Points of top-1 that a share of zeros may cost. */
const models = [
  { zeros: 50, mayLose: 2 },
  { zeros: 75, mayLose: 3.5 },
]
/** Points between program and ONNX Runtime, and percent of pictures on which they name the same class. */
const mayDiffer = 0.3
const leastAgreement = 97

await report(
  'retrained',
  hasCifar('test') ? undefined : 'no data/cifar10/test.tar under DLP_DATA (default ../shared)',
  prove,
  { perClass: 1000 },
)

async function prove(progress: Progress, { perClass }: Numbers<'perClass'>) {
  const trained = JSON.parse(readFileSync(new URL('results.json', example), 'utf8')) as Record<
    string,
    { accuracy: number }
  >
  const float = 100 * trained['baseline']!.accuracy
  progress.stage('pictures')
  const seen = new Map<number, number>()
  const samples = (await cifarSamples('test')).filter(({ label }) => {
    seen.set(label, (seen.get(label) ?? 0) + 1)
    return seen.get(label)! <= perClass
  })
  const labels = samples.map(({ label }) => label)
  const top1 = (named: readonly number[]): number =>
    (100 * named.filter((label, at) => label === labels[at]).length) / labels.length
  const folder = mkdtempSync(join(tmpdir(), 'dlp-retrained-'))
  try {
    const paths = samples.map(({ jpeg }, at) => {
      const path = join(folder, `${at}.jpg`)
      writeFileSync(path, jpeg)
      return path
    })
    const rows = []
    for (const { zeros, mayLose } of models) {
      const name = `resnet8-${zeros}`
      const bytes = readFileSync(new URL(`${name}.onnx`, example))
      const read = readOnnx(bytes, name)
      const preprocessing = preprocessingOf({}, read.metadata)
      const { program, report: compiled } = compileRead(read, { name, machine: machines.edge, preprocessing })
      const images = []
      for (const { jpeg, path } of samples)
        images.push(
          tensorOf('float32', realFromPixels((await decodePicture(jpeg, path)).data, 3, preprocessing), [1, 3, 32, 32]),
        )
      const runtime = (await answersOf(bytes, images, progress)).map((scores) => scores.indexOf(Math.max(...scores)))
      progress.stage(`${name} on the simulator`, paths.length)
      const candidate: Candidate = { path: `${name}.dlp`, bytes: writeProgram(program), preprocessing }
      const worker = new URL('../../toolchain/evaluation/worker.ts', import.meta.url)
      const answers = await runOnAllCores<readonly Candidate[], string, PictureResult>(worker, [candidate], paths, {
        onResult: () => progress.step(),
      })
      const own = answers.map(({ classes }) => classes[0]![0]!)
      const same = (100 * own.filter((label, at) => label === runtime[at]).length) / own.length
      const { cycles, milliseconds, efficiency } = simulateTiming(program)
      const [simulated, inRuntime] = [top1(own), top1(runtime)]
      const holds =
        float - simulated <= mayLose && Math.abs(simulated - inRuntime) <= mayDiffer && same >= leastAgreement
      rows.push({ zeros, density: compiled.density, simulated, runtime: inRuntime, lost: float - simulated, mayLose, same, cycles, milliseconds, efficiency, holds }) // prettier-ignore
    }
    return {
      name: 'retrained',
      holds: rows.every(({ holds }) => holds),
      figures: { images: labels.length, float, rows },
      lines: [
        `float, as many epochs: ${float.toFixed(2)} % of 10,000 pictures, by the script that trained it`,
        ...rows.map(
          (row) =>
            `${row.zeros} % zeros, 4-bit weights and maps: ${row.simulated.toFixed(2)} % of ${labels.length} on the simulator (float − ${row.lost.toFixed(2)}, allowed ${row.mayLose}), ${row.runtime.toFixed(2)} % in ONNX Runtime, the same class on ${row.same.toFixed(2)} %; ${row.cycles} cycles on edge, ${row.milliseconds.toFixed(3)} ms`,
        ),
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
