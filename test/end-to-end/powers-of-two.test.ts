// Quantised models whose scales are powers of two: only the roundings of the model take place, so every code is ONNX Runtime's, halves included.

import { describe, expect, test } from 'vitest'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { inputCodes } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { dequantiseOutput } from '../../isa/packing.ts'
import { runModel } from '../compiler/runtime.ts'
import { powerOfTwoModel } from '../support/power-of-two-models.ts'
import { runSimulator } from '../support/run-simulator.ts'

const seeds = Array.from({ length: 20 }, (_, at) => 1 + at)

describe.each(['QDQ', 'QONNX'] as const)('random %s models of powers of two', (spelling) => {
  test(`run on the simulator to every code of ${spelling === 'QDQ' ? 'ONNX Runtime' : 'their float values'}`, async () => {
    let moved = 0
    for (const seed of seeds) {
      const { graph, image, operators } = powerOfTwoModel(spelling, seed)
      const bytes = writeOnnx(graph)
      const inputs = new Map([['x', image]])
      // ONNX Runtime does not support QONNX; the compiler's evaluation of it is in float32.
      const outputs =
        spelling === 'QDQ' ? await runModel(bytes, inputs) : evaluateFloat(readOnnx(bytes, 'model'), inputs)
      const [judged] = elements(outputs.values(), 1)
      const { program, graph: integer } = compile(bytes, { name: 'model', machine: machines.tiny, exactQdq: true })
      const codes = inputCodes({ kind: 'real', data: image.data }, program.inputs[0]!)
      const result = runSimulator(program, codes).codes
      expect([...dequantiseOutput(result, program.outputs[0]!)], `seed ${seed}: ${operators.join(', ')}`).toEqual([
        ...judged.data,
      ])
      const [even, up] = [everyCode(integer, codes), everyCode(halvesUp(integer), codes)]
      if (even.some((code, at) => code !== up[at])) moved++
    }
    // The test requires that halves are frequent.
    expect(moved).toBeGreaterThan(seeds.length / 4)
  })
})

const everyCode = (graph: IntegerGraph, codes: ArrayLike<number>): readonly number[] =>
  [...evaluateInteger(graph, Int16Array.from(codes), { keep: true }).maps.values()].flatMap((map) => [...map])

/** The graph with all halves rounded up. */
function halvesUp(graph: IntegerGraph): IntegerGraph {
  return {
    ...graph,
    layers: graph.layers.map((layer) => (layer.kind === 'linear' ? { ...layer, even: undefined } : layer)),
  }
}
