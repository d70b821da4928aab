// Clamps of quantised models: with and without --exact-qdq a program differs from ONNX Runtime only by roundings, never by a saturation.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { codeRanges } from '../../../compiler/graph/operators/quantization.ts'
import { elementTypeOf, type Tensor } from '../../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import {
  type SaturatingDraw,
  saturatingEnds,
  saturatingGraph,
  saturatingInputs,
  saturatingSteps,
} from '../../support/saturating-graphs.ts'
import { realsOf } from '../../support/given-values.ts'
import { intervalsOf } from '../../support/value-intervals.ts'
import { openModel } from '../runtime.ts'

const types = ['uint8', 'int8', 'uint4', 'int4'] as const

const drawn = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  type: fc.constantFrom(...types),
  perChannel: fc.boolean(),
  steps: fc.array(fc.constantFrom(...saturatingSteps), { minLength: 1, maxLength: 3 }),
  end: fc.constantFrom(...saturatingEnds),
})

/** Every kind of step, end and type once. */
const each = saturatingSteps.map((step, at): [SaturatingDraw] => {
  const end = saturatingEnds[at % saturatingEnds.length]!
  return [{ seed: at + 1, type: types[at % types.length]!, perChannel: at % 2 === 0, steps: [step, 'conv-relu'], end }]
})

it('every value is within the interval of the documented roundings, with quantisers that all saturate', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (draw) => {
      const inputs = saturatingInputs(draw.seed)
      const graph = saturatingGraph(draw, inputs)
      const form = normalise(graph)
      expect(unsaturatedQuantisers(graph, inputs)).toEqual([])
      const programs = [true, false].map((exact) => quantizeGiven(form, { exact }).graph)
      const model = await openModel(writeOnnx(graph))
      try {
        for (const input of inputs) {
          const [runtime] = elements((await model.run(new Map([['x', input]]))).values(), 1)
          for (const [at, integer] of programs.entries()) {
            const { low, high } = intervalsOf(form, input, at === 1).get(form.outputs[0]!.name)!
            expectWithin(realsOf(integer, input), low, high, at === 0 ? 'exact' : 'default')
            expectWithin(runtime.data, low, high, 'ONNX Runtime')
          }
        }
      } finally {
        await model.close()
      }
    }),
    { numRuns: 60, examples: each },
  )
})

/** Quantisers that saturate for none of the inputs, although not all values are 0. */
function unsaturatedQuantisers(graph: Graph, inputs: readonly Tensor[]): string[] {
  const quantisers = graph.nodes.filter(({ op }) => op === 'QuantizeLinear')
  const keep = quantisers.map(({ inputs }) => inputs[0]!).filter((name) => name !== 'x')
  const values = inputs.map((input) => evaluateFloat(graph, new Map([['x', input]]), { keep }).set('x', input))
  return quantisers.flatMap(({ name, inputs: operands }) => {
    const [from, scaleName, zeroName] = elements(operands, 3)
    const [scale, zeroPoint] = [graph.constants.get(scaleName)!, graph.constants.get(zeroName)!]
    const [low, high] = codeRanges[elementTypeOf(zeroPoint)]!
    const all = values.flatMap((found) => Array.from(found.get(from)!.data))
    const codes = all.map((value) => Math.round(value / scale.data[0]!) + zeroPoint.data[0]!)
    return codes.some((code) => code < low || code > high) || all.every((value) => value === 0) ? [] : [name]
  })
}

function expectWithin(found: ArrayLike<number>, { data: low }: Tensor, { data: high }: Tensor, what: string): void {
  expect(found.length, what).toBe(low.length)
  for (let at = 0; at < found.length; at++) {
    const slack = 1e-4 * (1 + Math.abs(found[at]!))
    if (found[at]! < low[at]! - slack || found[at]! > high[at]! + slack)
      expect.fail(`${what}: element ${at} is ${found[at]}, allowed are ${low[at]} to ${high[at]}`)
  }
}
