// As written.test.ts, for every operator with every weight set and for hundreds of random graphs, whose programs also run on the simulator.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateInteger } from '../../../../compiler/graph/evaluate-integer.ts'
import { floatEnds, floatSteps } from '../../../support/float-graphs.ts'
import { inputCodesOf } from '../../../support/runtime-codes.ts'
import { runSimulator } from '../../../support/run-simulator.ts'
import { anyDraw, type WrittenCase, expectLaw, expectNamesOfFile } from './written-law.ts'

/** The file's law, and that of programs: the simulator gives the oracle's codes. */
async function expectBoth(draw: WrittenCase): Promise<void> {
  const { program, graph, image } = await expectLaw(draw)
  const codes = inputCodesOf(graph, image)
  const { logits, maps } = evaluateInteger(graph, codes)
  expect(runSimulator(program, codes).codes).toEqual(Int32Array.from(logits ?? maps.get(graph.output)!))
}

describe.each(['int8', 'int4', 'pow2', 'ternary'] as const)('files of %s', (weights) => {
  test.each(floatSteps.map((step, at) => [step, at] as const))('hold a graph of %s', async (step, at) => {
    const steps = [step, floatSteps[(7 * at + 3) % floatSteps.length]!]
    const graph = {
      seed: at + 1,
      opset: at % 2 === 0 ? 13 : 18,
      steps,
      end: floatEnds[at % floatEnds.length]!,
    } as const
    const options = {
      weights,
      ends: 'int8',
      activationBits: at % 3 === 0 ? 4 : 8,
      density: 0.5,
      sparsity: 'scheduled',
    } as const
    for (const exactQdq of [true, false]) await expectBoth({ graph, options, machine: 'tiny', exactQdq })
  })
})

test('random graphs, sets, densities and bits', async () => {
  await fc.assert(fc.asyncProperty(anyDraw, expectBoth), { numRuns: 400 })
})

test('refusals of the files by small machines name nodes and values of the file', () => {
  fc.assert(
    fc.property(anyDraw, (draw) => void expectNamesOfFile(draw)),
    { numRuns: 60 },
  )
})
