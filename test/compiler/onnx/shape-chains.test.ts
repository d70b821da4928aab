// Values that follow from types are static, for maps of any size.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { machineForm } from '../../../compiler/passes/machine-form.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { type ModelText, bytesOf, int64, node, noise, scalar } from '../../support/onnx-model.ts'
import { chainModel, extents } from '../../support/shape-chains.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const read = (text: ModelText) => readOnnx(bytesOf(text), 'model.onnx')

describe('shape arithmetic', () => {
  it('of maps of every size computes what ONNX Runtime computes, and is folded completely', async () => {
    const shapes = fc.tuple(
      fc.constantFrom<number | string>(1, 'batch'),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
    )
    await fc.assert(
      fc.asyncProperty(shapes, extents, extents, async (shape, end, added) => {
        const file = bytesOf(chainModel(shape, end, added))
        const graph = readOnnx(file, 'chain.onnx')
        const inputs = new Map([['x', noise(1, ...graph.inputs[0]!.shape)]])
        const expected = (await runModel(file, inputs)).get('y') as Tensor
        const simple = simplify(graph)
        for (const each of [graph, simple])
          expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
        expect(simple.nodes.map(({ op }) => op).filter((op) => !['Flatten', 'Slice', 'Add'].includes(op))).toEqual([])
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('reads no element of a map: one of 2^28 elements costs nothing', () => {
    const text = chainModel([1, 64, 2048, 2048], { kind: 'number', value: 3 }, { kind: 'size' })
    expect(simplify(read(text)).outputs[0]!.shape).toEqual([1, 3])
  })

  it('is refused, quoting the constraint, if a value that a type depends on is not static', () => {
    const text: ModelText = {
      opset: 13,
      inputs: { x: [1, 8], n: [2] },
      outputs: ['y'],
      nodes: [node('Cast', 'shape', 'n', { to: 7 }), node('Reshape', 'y', 'x shape')],
    }
    expect(() => read(text)).toThrow("'shape' is a constant, or computed from constants and shapes")
  })

  it.each([
    ['elements', [2 ** 20, 2 ** 8], [node('ConstantOfShape', 'v', 'k'), node('ReduceMax', 'm', 'v', { keepdims: 0 })]],
    [
      'steps',
      [2 ** 10, 2 ** 10],
      [node('ConstantOfShape', 'v', 'k'), node('MatMul', 'w', 'v v'), node('ReduceMax', 'm', 'w', { keepdims: 0 })],
    ],
  ] as const)('that takes too many %s stays a node, and is refused in no time', (_, list, nodes) => {
    const text: ModelText = {
      opset: 13,
      inputs: { x: [1, 8] },
      outputs: ['y'],
      constants: { k: int64(...list), zero: int64(0) },
      nodes: [
        ...nodes,
        node('Cast', 'n', 'm', { to: 7 }),
        node('Unsqueeze', 's', 'n zero'),
        node('Reshape', 'y', 'x s'),
      ],
    }
    const start = performance.now()
    expect(() => read(text)).toThrow('computed from constants')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('may be computed from more than 512 constants', () => {
    const text: ModelText = {
      opset: 13,
      inputs: { x: [1, 8] },
      outputs: ['y'],
      constants: {
        mask: tensorOf(
          'float32',
          Array.from({ length: 4000 }, (_, at) => (at % 1000 === 0 ? 1 : 0)),
          [4000],
        ),
        two: int64(2),
      },
      nodes: [
        node('ReduceSum', 'sum', 'mask', { keepdims: 1 }),
        node('Cast', 'n', 'sum', { to: 7 }),
        node('Concat', 's', 'n two', { axis: 0 }),
        node('Reshape', 'y', 'x s'),
      ],
    }
    expect(read(text).outputs[0]!.shape).toEqual([4, 2])
  })
})

describe('Softmax of operator set 11', () => {
  it.each([
    [[1, 12], { axis: 1 }],
    [[1, 600], {}],
    [[1, 600, 1, 1], { axis: 1 }],
    [[1, 1, 600], { axis: -1 }],
    [[1, 1, 600, 1], { axis: 1 }],
  ] as const)('over %j with %j at the end is left to the host, as that of set 13', async (shape, attributes) => {
    const file = bytesOf({
      opset: 11,
      inputs: { x: shape },
      outputs: ['y'],
      nodes: [node('Relu', 'r', 'x'), node('Softmax', 'y', 'r', attributes)],
    })
    const graph = readOnnx(file, 'model.onnx')
    const inputs = new Map([['x', noise(1, ...shape)]])
    const expected = (await runModel(file, inputs)).get('y') as Tensor
    for (const each of [graph, simplify(graph)])
      expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
    const form = machineForm(graph)
    expect(form.nodes.map(({ op }) => op)).toEqual(['Relu'])
    expect(form.warnings.join()).toContain("is the input of the model's last Softmax")
  })
})

describe('a rewrite of a pass', () => {
  it.each([
    ['a maximum over a map longer than a window may be', [1, 1, 2 ** 21, 1], [node('GlobalMaxPool', 'y', 'x')]],
    [
      'padding that auto_pad makes wider than pads may say',
      [1, 1, 4, 4],
      [node('Conv', 'y', 'x w', { auto_pad: 'SAME_UPPER', dilations: [2 ** 19, 1] })],
    ],
    ['a vector that takes more than 512 elements', [1, 4096], [node('Softmax', 'y', 'x')]],
  ] as const)('is left out where the reader would refuse it: %s', (_, shape, nodes) => {
    const constants = { w: noise(1, 1, 1, 4, 1), unused: scalar(0) }
    const text: ModelText = { opset: 11, inputs: { x: shape }, outputs: ['y'], constants, nodes }
    expect(simplify(read(text)).outputs[0]!.name).toBe('y')
  })
})
