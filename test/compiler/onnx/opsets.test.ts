// Every operator set from 7 to 26: a network written for that set computes what ONNX Runtime computes.

import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { opsets } from '../../../compiler/onnx/opset.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { type NodeAttributes, bytesOf, int64, node, noise } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const all = Array.from({ length: opsets.tried - opsets.oldest + 1 }, (_, at) => opsets.oldest + at)

describe.each(all)('operator set %i', (opset) => {
  const file = bytesOf(network(opset))
  const graph = readOnnx(file, 'network.onnx')

  it('computes what ONNX Runtime computes, before and after simplification', async () => {
    const inputs = new Map([['x', noise(7, 1, 2, 9, 9)]])
    const expected = (await runModel(file, inputs)).get('y') as Tensor
    for (const each of [graph, simplify(graph)])
      expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
  })

  it(`is read ${opset > opsets.newest ? 'with' : 'without'} a warning`, () => {
    expect(graph.warnings.filter((text) => text.includes('newer')).length).toBe(opset > opsets.newest ? 1 : 0)
  })
})

/** Convolution, normalisation, activation, pools, padding, slices, splits and a head, each as the operator set requires. */
function network(opset: number) {
  const axes = (list: readonly number[], since: number, name: string): { input: string; attributes: NodeAttributes } =>
    opset < since ? { input: '', attributes: { axes: list } } : { input: ` ${name}`, attributes: {} }
  const squeezed = axes([2, 3], 13, 'spatial')
  const mean = axes([2, 3], 18, 'spatial')
  const float = (value: number) => ({ float: value })
  return {
    opset,
    inputs: { x: ['N', 2, 9, 9] },
    outputs: ['y'],
    constants: {
      w: noise(1, 4, 2, 3, 3),
      scale: noise(2, 4),
      shift: noise(3, 4),
      average: noise(4, 4),
      variance: tensorOf('float32', [1, 0.5, 2, 1], [4]),
      m: noise(5, 4, 3),
      b: noise(6, 3),
      spatial: int64(2, 3),
      halves: int64(2, 2),
      low: tensorOf('float32', [-1], []),
      high: tensorOf('float32', [2], []),
      border: int64(0, 0, 1, 1, 0, 0, 0, 0),
      ...Object.fromEntries([0, 2, 99].map((each) => [`i${each}`, int64(each)])),
    },
    nodes: [
      node('Conv', 'c', 'x w', { auto_pad: 'SAME_LOWER', strides: [1, 1] }),
      node('BatchNormalization', 'n', 'c scale shift average variance', { epsilon: float(0.01) }),
      opset < 11 ? node('Clip', 'a', 'n', { min: float(-1), max: float(2) }) : node('Clip', 'a', 'n low high'),
      opset < 12 ? node('Dropout', 'd', 'a', { ratio: float(0.3) }) : node('Dropout', 'd', 'a'),
      opset < 11
        ? node('Pad', 'p', 'd', { pads: [0, 0, 1, 1, 0, 0, 0, 0], mode: 'constant' })
        : node('Pad', 'p', 'd border'),
      node('MaxPool', 'q', 'p', {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        ...(opset < 10 ? {} : { ceil_mode: 1 }),
      }),
      node('AveragePool', 'r', 'q', { kernel_shape: [2, 2], pads: [1, 0, 1, 0], count_include_pad: 1 }),
      opset < 10 ? node('Slice', 's', 'r', { starts: [0], ends: [99], axes: [2] }) : node('Slice', 's', 'r i0 i99 i2'),
      opset < 13
        ? node('Split', 't u', 's', { axis: 1, split: [2, 2] })
        : node('Split', 't u', 's halves', { axis: 1 }),
      node('Concat', 'v', 'u t', { axis: 1 }),
      node('LeakyRelu', 'l', 'v', { alpha: float(0.2) }),
      node('ReduceMean', 'g', `l${mean.input}`, { ...mean.attributes, keepdims: 1 }),
      node('Squeeze', 'f', `g${squeezed.input}`, squeezed.attributes),
      node('MatMul', 'h', 'f m'),
      node('Add', 'k', 'h b'),
      node('Softmax', 'y', 'k'),
    ],
  }
}

describe('before operator set 13', () => {
  const axes: readonly NodeAttributes[] = [{ axis: 1 }, { axis: 2 }, { axis: 0 }, {}]
  const along = (op: string) => axes.map((attributes) => [op, attributes] as const)

  it.each<readonly [string, NodeAttributes]>([...along('Softmax'), ...along('LogSoftmax')])(
    '%s takes all axes from %j on as one',
    async (op, attributes) => {
      const file = bytesOf({
        opset: 9,
        inputs: { x: [2, 3, 4] },
        outputs: ['y'],
        nodes: [node(op, 'y', 'x', attributes)],
      })
      const inputs = new Map([['x', noise(1, 2, 3, 4)]])
      const expected = (await runModel(file, inputs)).get('y') as Tensor
      const graph = readOnnx(file, 'softmax.onnx')
      expect(relativeDifference(evaluateFloat(graph, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
    },
  )
})
