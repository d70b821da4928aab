// The demo. ResNet-18 at 224×224 is compiled for `card`, simulated, and checked against the integer oracle. Then a trained ResNet-8
// classifies sample pictures; with `npm run demo -- --pictures FOLDER` those of the user.
import { parseArgs } from 'node:util'
import { defined, elementAt } from '../base/defined.ts'
import { powerFacts } from '../cli/print/power.ts'
import { facts, percent, table, whole } from '../cli/print/table.ts'
import { throughputFacts } from '../cli/print/throughput.ts'
import { progressOn } from '../cli/io/progress.ts'
import { compile } from '../compiler/compile.ts'
import { seededImage } from '../compiler/calibration.ts'
import { evaluateInteger } from '../compiler/graph/evaluate-integer.ts'
import { machines, processingElements } from '../isa/model/machine.ts'
import { packTensor, quantiseInput, unpackTensor } from '../isa/packing.ts'
import { constantsFor } from '../simulator/power/device.ts'
import { simulate } from '../simulator/simulate.ts'
import { simulatorReport } from '../toolchain/reports/simulation-report.ts'
import { build } from './resnet18/build.ts'
import { classifyPictures, compileTrained, samples } from './resnet8-cifar10/classify.ts'

/** Alibaba's DLP, ResNet-18 at batch 1; its sparsity and clock were not published. */
const publishedMilliseconds = 0.174
const machine = machines.card
const density = 0.25

const { values: given } = parseArgs({ options: { pictures: { type: 'string' } } })
const start = performance.now()
const progress = progressOn(process.stderr)
const { program, graph, report } = compile(build(), {
  name: 'resnet18',
  machine,
  weightBits: 4,
  activationBits: 4,
  density,
  progress,
})
progress.done()
const compiled = performance.now()
const [input, output] = [elementAt(program.inputs, 0), elementAt(program.outputs, 0)]
const [channels = 1, height = 1, width = 1] = input.shape
const codes = quantiseInput(seededImage(channels, height, width, 1), input)
const image = simulate(program, { [input.name]: packTensor(codes, input, machine) })
const simulated = performance.now()
const measured = simulatorReport(program, image, constantsFor(machine), { images: 1 })
const logits = unpackTensor(image.outputs[output.name]!, output, machine)
const oracle = defined(evaluateInteger(graph, Int16Array.from(codes)).logits)
const differences = oracle.reduce((count, logit, index) => count + (logit === logits[index] ? 0 : 1), 0)

const rows = program.layers.map((layer, index) => {
  const { cycles, efficiency } = image.layers[index]!
  const hasMacs = layer.usefulMacs > 0
  return [
    layer.name,
    layer.kind,
    layer.shape.join('×'),
    layer.weights > 0 ? percent(layer.nonZeros / layer.weights) : '',
    whole(cycles),
    hasMacs ? percent(efficiency) : '',
  ]
})
console.log(table(['layer', 'kind', 'output', '>density', '>cycles', '>PE efficiency'], rows))
console.log()
const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`
const lines: readonly (readonly [string, string])[] = [
  [
    'machine',
    `${machine.name}: ${whole(processingElements(machine))} PEs at ${machine.clockMHz} MHz, weights ${program.weightsIn}`,
  ],
  [
    'network',
    `ResNet-18, 224×224, batch 1, seeded weights, ${percent(1 - report.density)} zeros, 4-bit weights and activations, 8-bit image`,
  ],
  [
    'latency',
    `${image.milliseconds.toFixed(3)} ms (${whole(image.cycles)} cycles); published for Alibaba's DLP: ${publishedMilliseconds} ms`,
  ],
  ...throughputFacts(measured),
  powerFacts(measured.power),
  [
    'PE efficiency',
    `${percent(image.convolution.efficiency)} over the convolution phases, ${percent(image.efficiency)} over the whole image`,
  ],
  [
    'schedule',
    `${whole(report.beats)} beats, lower bound ${whole(report.boundBeats)}; ${report.bitsPerNonZero.toFixed(1)} bits per non-zero`,
  ],
  [
    'loading',
    `${whole(image.initCycles)} cycles once, ${whole(image.dramBytes.read + image.dramBytes.written)} bytes of DRAM per image`,
  ],
  ['checks', `${image.hazards.length} hazards, ${image.overflows.length} overflows`],
  [
    'time',
    `compiled in ${seconds(start, compiled)}, simulated in ${seconds(compiled, simulated)}, ${whole(process.resourceUsage().maxRSS / 1024)} MiB`,
  ],
]
console.log(facts(lines))
console.log()
if (differences > 0 || image.hazards.length + image.overflows.length > 0) {
  console.error(
    `simulator ≠ oracle: ${differences} of ${oracle.length} logits differ; first hazard: ${JSON.stringify(image.hazards[0])}`,
  )
  process.exitCode = 1
} else console.log(`simulator = oracle: ${oracle.length} logits equal`)

const trained = compileTrained()
const classified = await classifyPictures(trained, given.pictures ?? samples)
console.log()
console.log(
  `A ResNet-8 trained on CIFAR-10, ${percent(1 - trained.report.density)} zeros, 4-bit weights and activations (examples/resnet8-cifar10), on the simulator of edge:`,
)
console.log(
  table(
    ['picture', 'class', 'second class'],
    classified.map(({ picture, classes }) => [picture, ...classes.slice(0, 2)]),
  ),
)
