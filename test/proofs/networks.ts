// Proves that the example networks at 224×224 compile for `card`, compute what the oracle computes, and mean what ONNX Runtime computes.

import { compile } from '../../compiler/compile.ts'
import { seededImage } from '../../compiler/calibration.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { build as buildDensenet } from '../../examples/densenet/build.ts'
import { build as buildMobilenet } from '../../examples/mobilenet/build.ts'
import { build as buildSqueezenet } from '../../examples/squeezenet/build.ts'
import { machines } from '../../isa/model/machine.ts'
import { packTensor, quantiseInput, unpackTensor } from '../../isa/packing.ts'
import { simulate } from '../../simulator/simulate.ts'
import { relativeDifference, runModel } from '../compiler/runtime.ts'
import { report } from './report.ts'

const machine = machines.card
const size = 224
const density = 0.25
const networks = [
  { name: 'squeezenet', build: buildSqueezenet },
  { name: 'mobilenet', build: buildMobilenet },
  { name: 'densenet', build: buildDensenet },
] as const

await report('networks', undefined, async (progress) => {
  const found = []
  for (const { name, build } of networks) {
    const bytes = build(1, size)
    const start = performance.now()
    const { program, graph, float, report: compiled } = compile(bytes, { name, machine, density, progress })
    const seconds = Math.round((performance.now() - start) / 1000)
    const image = seededImage(3, size, size, 1)
    const [input, output] = [program.inputs[0]!, program.outputs[0]!]
    const codes = quantiseInput(image, input)
    const run = simulate(program, { [input.name]: packTensor(codes, input, machine) })
    const result = unpackTensor(run.outputs[output.name]!, output, machine)
    const { logits, maps } = evaluateInteger(graph, Int16Array.from(codes))
    const oracle = logits ?? maps.get(graph.output)!
    const values = new Map<string, Tensor>([['input', tensorOf('float32', image, [1, 3, size, size])]])
    const expected = (await runModel(bytes, values)).get('output')!
    const meant = evaluateFloat(float, values).get(float.outputs[0]!.name)!
    found.push({
      name,
      differences: Array.from(oracle).filter((code, at) => code !== result[at]).length,
      results: oracle.length,
      hazards: run.hazards.length + run.overflows.length,
      floatDifference: relativeDifference(meant, expected),
      cycles: run.cycles,
      milliseconds: Number(run.milliseconds.toFixed(3)),
      efficiency: Number(run.efficiency.toFixed(3)),
      beats: compiled.beats,
      instructions: compiled.instructions,
      compileSeconds: seconds,
    })
  }
  return {
    name: 'networks',
    holds: found.every(
      ({ differences, hazards, floatDifference }) => differences + hazards === 0 && floatDifference < 1e-4,
    ),
    figures: { device: machine.name, size, density, weightBits: 4, activationBits: 4, networks: found },
    lines: found.map(
      ({ name, differences, results, hazards, floatDifference, cycles, efficiency }) =>
        `${name.padEnd(12)} ${cycles} cycles, PE efficiency ${efficiency}, ${differences} of ${results} results differ, ${hazards} hazards, float within ${floatDifference.toExponential(1)}`,
    ),
  }
})
