// Prints where `dlp quantize` spends its time on ResNet-18, by source file: npx tsx test/bench/quantize-profile.ts [INPUTS]
import { Session } from 'node:inspector/promises'
import { table } from '../../cli/print/table.ts'
import { seededImages } from '../../compiler/calibration.ts'
import { kernels } from '../../compiler/kernels/workspace.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { quantizeAfterTraining } from '../../compiler/quantize/discrete/post-training.ts'
import { build } from '../../examples/resnet18/build.ts'
import { machines } from '../../isa/model/machine.ts'

const inputs = Number(process.argv[2] ?? 32)
const float = simplify(readOnnx(build(), 'resnet18'))
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: 2000 })
await session.post('Profiler.start')
const start = process.cpuUsage()
quantizeAfterTraining(float, {
  weights: 'int4',
  activationBits: 8,
  density: 0.25,
  sparsity: 'scheduled',
  machine: machines.card,
  calibration: seededImages(float, inputs),
})
const { user, system } = process.cpuUsage(start)
const { profile } = await session.post('Profiler.stop')

/** The engine calls kernels by their numbers, as it calls what they export. */
const kernelNames = new Map(
  Object.entries(kernels()).flatMap(([name, each]) =>
    typeof each === 'function' ? [[`wasm-function[${each.name}]`, name]] : [],
  ),
)

const names = new Map(profile.nodes.map(({ id, callFrame: { url, functionName } }) => [id, placeOf(url, functionName)]))
const times = new Map<string, number>()
for (const [at, id] of profile.samples!.entries()) {
  const name = names.get(id)!
  times.set(name, (times.get(name) ?? 0) + profile.timeDeltas![at]! / 1e6)
}
const sorted = [...times].filter(([, seconds]) => seconds >= 0.5).sort((a, b) => b[1] - a[1])
console.log(
  table(
    ['where', '>seconds'],
    sorted.map(([name, seconds]) => [name, seconds.toFixed(1)]),
  ),
)
console.log(
  `\n${inputs} inputs: ${((user + system) / 1e6).toFixed(1)} s CPU, ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
)

/** A file of the project; kernels by their function. */
function placeOf(url: string, functionName: string): string {
  if (url.startsWith('wasm:')) return `kernels: ${kernelNames.get(functionName) ?? functionName}`
  const [, file] = /\/((?:isa|compiler|examples)\/[^?]*)/.exec(url) ?? []
  return file ?? (functionName === '(garbage collector)' ? functionName : 'other')
}
