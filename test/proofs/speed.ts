// Proves how fast ResNet-18 is on `card`: latency, PE efficiency and estimated power at the densities that are claimed, and with weights pruned for no particular machine.

import { seededImage } from '../../compiler/calibration.ts'
import { compileRead } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { tensor, type Tensor } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { powerReport } from '../../toolchain/reports/power.ts'
import { build } from '../../examples/resnet18/build.ts'
import { machines } from '../../isa/model/machine.ts'
import { packTensor, quantiseInput, unpackTensor } from '../../isa/packing.ts'
import { constantsFor } from '../../simulator/power/device.ts'
import { simulate } from '../../simulator/simulate.ts'
import { report } from './report.ts'

const machine = machines.card
const size = 224

/** Whatever the density: shares of the PEs' cycles that are useful, and watts. */
const claimed = { convolution: 0.96, image: 0.93, watts: 70 } as const

/** At which densities an image takes how long, at which clock. The first convolution keeps twice the density. */
const scheduled = [
  { density: 0.2, clockMHz: 250, milliseconds: 0.15 },
  { density: 0.25, clockMHz: 250, milliseconds: 0.187 },
  { density: 0.25, clockMHz: 300, milliseconds: 0.156 },
] as const

/** Every layer pruned by plain magnitude to a quarter, the first convolution to a half: neither rows nor clusters are even. */
const plain = { density: 0.25, convolution: 0.85 } as const

const read = readOnnx(build(), 'resnet18')

await report('speed', undefined, async () => {
  const cases = scheduled.map((each) => {
    const found = measure(read, each.density, each.clockMHz)
    const holds =
      found.milliseconds <= each.milliseconds &&
      found.convolution >= claimed.convolution &&
      found.image >= claimed.image &&
      found.watts < claimed.watts
    return { ...each, claimedMilliseconds: each.milliseconds, ...found, holds: holds && isRight(found) }
  })
  const magnitude = measure(byMagnitude(read, plain.density), 1, machine.clockMHz)
  const isFastEnough = magnitude.convolution >= plain.convolution && isRight(magnitude)
  return {
    name: 'speed',
    holds: isFastEnough && cases.every(({ holds }) => holds),
    figures: { device: machine.name, network: 'resnet18', size, weightBits: 4, activationBits: 4, claimed, cases, magnitude }, // prettier-ignore
    lines: [
      ...cases.map(
        (each) =>
          `density ${each.density}, ${each.clockMHz} MHz: ${textOf(each)}; claimed: ${each.claimedMilliseconds} ms`,
      ),
      `plain magnitude to ${plain.density}: ${textOf(magnitude)}; claimed: ${plain.convolution} in the convolution phases`,
    ],
  }
})

type Figures = ReturnType<typeof measure>

function measure(graph: FloatGraph, density: number, clockMHz: number) {
  const compiled = compileRead(graph, { name: 'resnet18', machine, density })
  const { program } = compiled
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const codes = quantiseInput(seededImage(3, size, size, 1), input)
  const run = simulate(program, { [input.name]: packTensor(codes, input, machine) })
  const result = unpackTensor(run.outputs[output.name]!, output, machine)
  const oracle = evaluateInteger(compiled.graph, Int16Array.from(codes)).logits!
  return {
    cycles: run.cycles,
    milliseconds: round(run.cycles / clockMHz / 1000, 4),
    convolution: round(run.convolution.efficiency, 4),
    image: round(run.efficiency, 4),
    watts: round(powerReport(program, run.infer.timing, clockMHz, constantsFor(machine)).averageWatts, 1),
    results: oracle.length,
    differences: Array.from(oracle).filter((code, at) => code !== result[at]).length,
    faults: run.hazards.length + run.overflows.length,
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

function isRight({ differences, faults }: Figures): boolean {
  return differences + faults === 0
}

function textOf(found: Figures): string {
  return `${found.cycles} cycles, ${found.milliseconds} ms, PE efficiency ${found.convolution} in the convolution phases, ${found.image} over the image, ${found.watts} W (estimate), ${found.differences} of ${found.results} logits differ from the oracle, ${found.faults} hazards or overflows`
}

/** The graph without the weights that are smallest in each layer; the first convolution keeps twice as many. */
function byMagnitude(graph: FloatGraph, density: number): FloatGraph {
  const constants = new Map(graph.constants)
  const names = graph.nodes.flatMap(({ op, inputs }) => (op === 'Conv' || op === 'Gemm' ? [inputs[1]!] : []))
  for (const [at, name] of names.entries())
    constants.set(name, largest(constants.get(name)!, at === 0 ? 2 * density : density))
  return { ...graph, constants }
}

function largest(weights: Tensor, share: number): Tensor {
  const magnitudes = Float64Array.from(weights.data, Math.abs).sort()
  const least = magnitudes[Math.round(magnitudes.length * (1 - share))]!
  return tensor(
    Float32Array.from(weights.data, (value) => (Math.abs(value) < least ? 0 : value)),
    weights.shape,
  )
}
