// Gather and Pad: what they are rewritten to computes what ONNX Runtime computes.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { machineForm } from '../../../compiler/passes/machine-form.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import { bytesOf, int64, type ModelText, node, noise, scalar } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const map = [1, 4, 7, 6]
const number = (value: number) => tensorOf('float32', [value], [])

/** The operators that remain after simplification, whose values are compared with ONNX Runtime. */
async function left(text: ModelText): Promise<string> {
  const file = bytesOf(text)
  const graph = readOnnx(file, 'model.onnx')
  const simple = simplify(graph)
  const inputs = new Map([['x', noise(1, ...graph.inputs[0]!.shape)]])
  const expected = (await runModel(file, inputs)).get('y') as Tensor
  for (const each of [graph, simple])
    expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
  return simple.nodes.map(({ op }) => op).join()
}

const model = (nodes: ModelText['nodes'], constants: ModelText['constants'], shape = map): ModelText => ({
  opset: 17,
  inputs: { x: shape },
  outputs: ['y'],
  constants,
  nodes,
})

describe('a Gather', () => {
  it('of any indices of any axis computes what ONNX Runtime computes', async () => {
    const places = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }))
      .chain(([axis, count]) =>
        fc.tuple(
          fc.constantFrom(axis, axis - 4),
          fc.array(fc.integer({ min: -map[axis]!, max: map[axis]! - 1 }), { minLength: count, maxLength: count }),
        ),
      )
    await fc.assert(
      fc.asyncProperty(places, async ([axis, list]) => {
        await left(model([node('Relu', 'r', 'x'), node('Gather', 'y', 'r i', { axis })], { i: int64(...list) }))
      }),
      { numRuns: 25, seed: 3 },
    )
  })

  it.each([
    ['of evenly spaced indices is a Slice', int64(0, 2, 4), 2, 'Slice'],
    ['of channels in reverse order is a Slice', int64(3, 2, 1, 0), 1, 'Slice'],
    ['of all indices in order is removed', int64(0, 1, 2, 3), -3, ''],
    ['of a scalar index is a Slice without that axis', scalar(-1), 1, 'Slice,Reshape'],
    ['of channels in any other order stays', int64(2, 0, -1), 1, 'Gather'],
    ['of a matrix of indices stays', tensorOf('int64', [0, 1, 2, 3], [2, 2]), 1, 'Gather'],
  ] as const)('%s', async (_, indices, axis, ops) => {
    const text = model([node('Relu', 'r', 'x'), node('Gather', 'y', 'r i', { axis })], { i: indices })
    expect(await left(text)).toBe(['Relu', ops].filter((op) => op !== '').join())
  })

  it('between transposes moves with them, and a permutation of an image’s channels is part of the first layer', async () => {
    const nodes = [
      node('Gather', 'bgr', 'x i', { axis: 3 }),
      node('Transpose', 't', 'bgr', { perm: [0, 3, 1, 2] }),
      node('Conv', 'y', 't w'),
    ]
    const constants = { i: int64(2, 0, 1), w: noise(3, 5, 3, 3, 3) }
    expect(await left(model(nodes, constants, [1, 8, 8, 3]))).toContain('Gather')
    const plan = fuse(machineForm(readOnnx(bytesOf(model(nodes, constants, [1, 8, 8, 3])), 'model.onnx')))
    expect(plan.layers.length).toBe(1)
  })

  it.each([
    [
      'of rows that are not evenly spaced',
      [node('Gather', 'y', 'r i', { axis: 2 })],
      'the axis is that of channels, unless the indices are evenly spaced',
    ],
    [
      'of a matrix of indices',
      [node('Unsqueeze', 'j', 'i zero'), node('Gather', 'y', 'r j', { axis: 1 })],
      'the indices are a constant list',
    ],
  ] as const)('%s is refused, quoting the constraint', (_, nodes, sentence) => {
    const text = model([node('Relu', 'r', 'x'), ...nodes], { i: int64(0, 1, 3), zero: int64(0) })
    expect(() => fuse(machineForm(readOnnx(bytesOf(text), 'model.onnx')))).toThrow(sentence)
  })
})

describe('a Pad', () => {
  it('of any widths and mode, positive or negative, computes what ONNX Runtime computes', async () => {
    const widths = fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 6, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(widths, fc.constantFrom('constant', 'edge', 'reflect', 'wrap'), async (list, mode) => {
        // In these modes with negative widths, ONNX Runtime reads outside of the remaining elements.
        const some = mode === 'constant' ? list : list.map((width) => Math.max(0, width))
        const pads = int64(0, ...some.slice(0, 3), 0, ...some.slice(3))
        const nodes = [node('Relu', 'r', 'x'), node('Pad', 'y', 'r p v', { mode })]
        const text = { ...model(nodes, { p: pads, v: number(0.5) }), opset: mode === 'wrap' ? 19 : 17 }
        const ops = await left(text)
        if (mode === 'constant' && list.every((width) => width < 0)) expect(ops).toBe('Relu,Slice')
      }),
      { numRuns: 25, seed: 4 },
    )
  })

  const lowest = -(2 - 2 ** -23) * 2 ** 127
  const pool = { kernel_shape: [3, 3], strides: [2, 2] }
  it.each<readonly [string, number, string, string, Record<string, number | readonly number[]>, string]>([
    ['of minus infinity before MaxPool becomes its padding', -Infinity, 'Neg', 'MaxPool', pool, 'Neg,MaxPool'],
    ['of the lowest float does too', lowest, 'Neg', 'MaxPool', pool, 'Neg,MaxPool'],
    [
      'is added to padding that the pool has',
      -Infinity,
      'Neg',
      'MaxPool',
      { ...pool, pads: [1, 0, 0, 1] },
      'Neg,MaxPool',
    ],
    ['keeps the windows of ceil_mode', -Infinity, 'Neg', 'MaxPool', { ...pool, ceil_mode: 1 }, 'Neg,MaxPool'],
    ['of zeros after a Relu becomes padding', 0, 'Relu', 'MaxPool', pool, 'Relu,MaxPool'],
    ['of zeros after another operator stays', 0, 'Neg', 'MaxPool', pool, 'Neg,Pad,MaxPool'],
    ['of ones stays', 1, 'Relu', 'MaxPool', pool, 'Relu,Pad,MaxPool'],
    ['of zeros before AveragePool is counted', 0, 'Neg', 'AveragePool', pool, 'Neg,AveragePool'],
    [
      'of zeros is counted together with the padding that the pool has',
      0,
      'Neg',
      'AveragePool',
      { ...pool, pads: [1, 1, 1, 1], count_include_pad: 1 },
      'Neg,AveragePool',
    ],
    [
      'of zeros stays if the pool does not count its own padding',
      0,
      'Neg',
      'AveragePool',
      { ...pool, pads: [1, 1, 1, 1] },
      'Neg,Pad,AveragePool',
    ],
  ])('%s', async (_, value, before, op, attributes, ops) => {
    const nodes = [node(before, 'r', 'x'), node('Pad', 'p', 'r widths value'), node(op, 'y', 'p', attributes)]
    expect(await left(model(nodes, { widths: int64(0, 0, 1, 1, 0, 0, 1, 0), value: number(value) }))).toBe(ops)
  })

  it.each(['reflect', 'edge'])('of mode %s is refused, quoting the constraint', (mode) => {
    const nodes = [node('Pad', 'p', 'x widths', { mode }), node('Conv', 'y', 'p w')]
    const text = model(nodes, { widths: int64(0, 0, 1, 1, 0, 0, 1, 1), w: noise(1, 4, 4, 3, 3) })
    expect(() => fuse(machineForm(readOnnx(bytesOf(text), 'model.onnx')))).toThrow(
      new RegExp(`mode '${mode}'.*zeros are added .*train with zero padding`),
    )
  })
})
