// Sequences that only carry values from one node to another are removed.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { bytesOf, int64, type ModelText, node, noise, scalar } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

async function agrees(nodes: ModelText['nodes'], constants: ModelText['constants']): Promise<string> {
  const file = bytesOf({ opset: 17, inputs: { x: [2, 6, 5] }, outputs: ['y'], constants, nodes })
  const graph = readOnnx(file, 'model.onnx')
  const inputs = new Map([['x', noise(1, 2, 6, 5)]])
  const expected = (await runModel(file, inputs)).get('y') as Tensor
  expect(relativeDifference(evaluateFloat(graph, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-6)
  return simplify(graph)
    .nodes.map(({ op }) => op)
    .join()
}

describe('a part of a sequence', () => {
  it('is a Slice, for any lengths, indices and axes', async () => {
    const lengths = fc.constantFrom(
      [int64(1, 3, 2), [0, 1, 2, -1, -3]] as const,
      [scalar(2), [0, 1, 2]] as const,
      [scalar(4), [0, 1]] as const,
    )
    const cases = lengths.chain(([split, places]) => fc.tuple(fc.constant(split), fc.constantFrom(...places)))
    await fc.assert(
      fc.asyncProperty(cases, async ([split, place]) => {
        const nodes = [node('SplitToSequence', 's', 'x split', { axis: 1 }), node('SequenceAt', 'y', 's place')]
        expect(await agrees(nodes, { split, place: scalar(place) })).toBe('Slice')
      }),
      { numRuns: 12, seed: 5 },
    )
  })

  it.each([0, 1])(
    'that was constructed is the value itself, and all of them joined are a Concat: new_axis %i',
    async (axis) => {
      const nodes = [
        node('Relu', 'r', 'x'),
        node('SequenceConstruct', 's', 'x r'),
        node('Constant', 'place', '', { value_int: 1 }),
        node('SequenceAt', 'a', 's place'),
        node('SequenceConstruct', 't', 'a x'),
        node('ConcatFromSequence', 'y', 't', { axis: 1, new_axis: axis }),
      ]
      expect(await agrees(nodes, {})).toBe(axis === 0 ? 'Relu,Concat' : 'Relu,Unsqueeze,Unsqueeze,Concat')
    },
  )

  it('with a computed length is refused, naming the operator', () => {
    const nodes = [node('Size', 'n', 'x'), node('SplitToSequence', 's', 'x n'), node('SequenceAt', 'y', 's place')]
    const text = {
      opset: 17,
      inputs: { x: [2] },
      outputs: ['y'],
      constants: { place: tensorOf('int64', [0], []) },
      nodes,
    }
    expect(() => readOnnx(bytesOf(text), 'model.onnx')).toThrow(/unknown operator SplitToSequence/)
  })
})
