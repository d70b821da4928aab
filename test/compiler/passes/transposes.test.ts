// Transposes of channels-last networks: how they are rewritten, and where they stay.

import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { machineInterface } from '../../../compiler/passes/machine-interface.ts'
import { mergeReshapes } from '../../../compiler/passes/merge-reshapes.ts'
import { mergeTransposes } from '../../../compiler/passes/merge-transposes.ts'
import { removeDead } from '../../../compiler/passes/remove-dead.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { sinkTransposes } from '../../../compiler/passes/sink-transposes.ts'
import { transposeIntoGemm } from '../../../compiler/passes/transpose-into-gemm.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { permuted } from '../../../compiler/graph/operators/rearrange.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { int64, noise } from '../../support/onnx-model.ts'
import { relativeDifference } from '../runtime.ts'
import { outputsOn } from './random-graph.ts'

const toLast = { perm: [0, 2, 3, 1] }
const toFirst = { perm: [0, 3, 1, 2] }

describe('transposes', () => {
  it('that are adjacent become one, or none if they cancel each other', () => {
    const graph = chain([1, 2, 3, 4], (b, x) =>
      b.node('Transpose', [b.node('Transpose', [x], toLast)], { perm: [3, 1, 0, 2] }),
    )
    const merged = mergeTransposes.run(graph)
    expect(merged.nodes.at(-1)?.attributes).toEqual({ perm: [1, 2, 0, 3] })
    expectSame(graph, merged)
    const undone = chain([1, 2, 3, 4], (b, x) =>
      b.node('Relu', [b.node('Transpose', [b.node('Transpose', [x], toLast)], toFirst)]),
    )
    expect(ops(simplify(undone))).toEqual(['Relu'])
  })

  it.each([
    ['Relu', (b: GraphBuilder, x: string) => b.node('Relu', [x])],
    ['Clip', (b: GraphBuilder, x: string) => b.node('Clip', [x], { min: -0.5, max: 0.5 })],
    [
      'Add with a constant of each channel',
      (b: GraphBuilder, x: string) => b.node('Add', [b.constant('c', noise(1, 2)), x]),
    ],
    [
      'Mul with a constant of each row',
      (b: GraphBuilder, x: string) => b.node('Mul', [x, b.constant('c', noise(1, 3, 1, 1))]),
    ],
    ['Sub with a number', (b: GraphBuilder, x: string) => b.node('Sub', [x, b.constant('c', noise(1))])],
    [
      'Pad of some axes',
      (b: GraphBuilder, x: string) => b.node('Pad', [x, b.constant('p', int64(1, 2)), '', b.constant('a', int64(-3))]),
    ],
    ['Slice', (b: GraphBuilder, x: string) => b.node('Slice', [x], { starts: [1], ends: [9], axes: [1] })],
    [
      'Concat',
      (b: GraphBuilder, x: string) => b.node('Concat', [x, b.constant('c', noise(1, 1, 3, 4, 5))], { axis: 3 }),
    ],
    [
      'ReduceMean that keeps axes',
      (b: GraphBuilder, x: string) => b.node('ReduceMean', [x], { axes: [1, 2], keepdims: 1 }),
    ],
    [
      'ReduceSum that drops axes',
      (b: GraphBuilder, x: string) => b.node('ReduceSum', [x], { axes: [-3], keepdims: 0 }),
    ],
  ])('sink through %s', (_, step) => {
    const graph = chain([1, 2, 3, 4], (b, x) => step(b, b.node('Transpose', [x], toLast)))
    const sunk = sinkTransposes.run(graph)
    expect(ops(sunk).at(-1)).toBe('Transpose')
    expect(sunk.nodes.at(-2)?.inputs).toContain('x')
    expectSame(graph, sunk)
  })

  it('sink through a chain of any length at once', () => {
    const graph = chain([1, 2, 3, 4], (b, x) => {
      let value = b.node('Transpose', [x], toLast)
      for (let count = 0; count < 200; count++) value = b.node('Tanh', [value])
      return value
    })
    const sunk = sinkTransposes.run(graph)
    expect(ops(removeDead.run(sunk)).indexOf('Transpose')).toBe(200)
    expectSame(graph, sunk)
  })

  it('stay before operators whose inputs have different orders', () => {
    const square = [1, 3, 3, 3]
    const graph = chain(square, (b, x) => b.node('Add', [x, b.node('Transpose', [x], toLast)]))
    expect(sinkTransposes.run(graph)).toBe(graph)
    const other = chain(square, (b, x) =>
      b.node('Add', [b.node('Transpose', [x], toFirst), b.node('Transpose', [x], toLast)]),
    )
    expect(sinkTransposes.run(other)).toBe(other)
    const all = chain(square, (b, x) =>
      b.node('ReduceMean', [b.node('Transpose', [x], toFirst)], { axes: [], noop_with_empty_axes: 1 }),
    )
    expect(sinkTransposes.run(all)).toBe(all)
  })

  it('of axes of extent 1 become part of the following reshape', () => {
    const graph = chain([1, 4, 1, 1], (b, x) => b.node('Squeeze', [b.node('Transpose', [x], toLast)], { axes: [1, 2] }))
    expect(ops(mergeReshapes.run(graph)).at(-1)).toBe('Reshape')
    expect(ops(simplify(graph))).toEqual(['Flatten'])
    expectSame(graph, simplify(graph))
    const mixing = chain([1, 4, 1, 2], (b, x) => b.node('Flatten', [b.node('Transpose', [x], toLast)]))
    expect(mergeReshapes.run(mixing)).toBe(mixing)
  })

  it('before a flattened map are folded into the weights of the Gemm that reads it', () => {
    const graph = chain([1, 2, 3, 4], (b, x) => {
      const flat = b.node('Flatten', [b.node('Transpose', [x], toLast)])
      return b.node('Gemm', [flat, b.constant('w', noise(1, 5, 24)), b.constant('b', noise(2, 5))], { transB: 1 })
    })
    expect(ops(transposeIntoGemm.run(graph))).toEqual(['Transpose', 'Flatten', 'Reshape', 'Gemm'])
    expect(ops(simplify(graph))).toEqual(['Flatten', 'Gemm'])
    expectSame(graph, simplify(graph))
  })
})

describe('the inputs and outputs of a graph for the machine', () => {
  const network = chain([1, 6, 5, 2], (b, x) => {
    const centred = b.node('Sub', [x, b.constant('mean', noise(1, 2))])
    const map = b.node('Conv', [b.node('Transpose', [centred], toFirst), b.constant('w', noise(2, 3, 2, 3, 3))])
    const vector = b.node('ReduceMean', [map], { axes: [2, 3], keepdims: 0 })
    return b.node('Softmax', [vector])
  })

  it('have channels first and no Softmax at the end, with a warning for each', () => {
    const changed = machineInterface(simplify(network))
    expect(changed.inputs[0]!.shape).toEqual([1, 2, 6, 5])
    expect(changed.outputs[0]!.name).toBe(network.outputs[0]!.name)
    expect(ops(changed)).not.toContain('Transpose')
    expect(ops(changed)).not.toContain('Softmax')
    expect(changed.warnings).toEqual([
      expect.stringMatching(
        /input 'x' is \[1,6,5,2\] in the model; the program takes it with channels first, \[1,2,6,5\]/,
      ),
      expect.stringMatching(/is the input of the model's last Softmax/),
    ])
    const image = noise(5, 1, 6, 5, 2)
    const [probabilities] = elements(evaluateFloat(network, new Map([['x', image]])).values(), 1)
    const [logits] = elements(evaluateFloat(changed, new Map([['x', permuted(image, [0, 3, 1, 2])]])).values(), 1)
    const powers = Array.from(logits.data, Math.exp)
    const total = powers.reduce((sum, power) => sum + power, 0)
    powers.forEach((power, at) => expect(power / total).toBeCloseTo(probabilities.data[at]!, 5))
  })

  it('are float for integers that are only cast, and other integers are refused', () => {
    const builder = new GraphBuilder('bytes', 13)
    const cast = builder.node('Cast', [builder.input('x', [1, 2, 3, 3], 'uint8')], { to: 1 })
    const graph = builder.build([builder.node('Relu', [cast])])
    const changed = machineInterface(graph)
    expect(changed.inputs[0]!.elementType).toBe('float32')
    expect(ops(changed)).toEqual(['Relu'])
    expect(changed.warnings).toEqual(["input 'x' is uint8 in the model; the program takes floats"])
    const codes = new GraphBuilder('codes', 13)
    const pooled = codes.node('MaxPool', [codes.input('x', [1, 2, 3, 3], 'uint8')], { kernel_shape: [2, 2] })
    expect(() => machineInterface(codes.build([pooled]))).toThrow(/its element type is uint8; allowed: float32/)
  })

  it('stay as they are if a node reads the image in its own order', () => {
    const graph = chain([1, 6, 5, 2], (b, x) => {
      const first = b.node('Transpose', [x], toFirst)
      const pooled = b.node('MaxPool', [x], {
        kernel_shape: [1, 1],
        pads: [0, 0, 0, 0],
        strides: [1, 1],
        dilations: [1, 1],
      })
      return b.node('Mul', [b.node('ReduceMean', [first]), b.node('Softmax', [pooled], { axis: 1 })])
    })
    expect(machineInterface(graph)).toBe(graph)
  })
})

function chain(shape: readonly number[], step: (builder: GraphBuilder, input: string) => string): Graph {
  const builder = new GraphBuilder('chain', 13)
  return builder.build([step(builder, builder.input('x', shape))])
}

function ops(graph: Graph): string[] {
  return graph.nodes.map(({ op }) => op)
}

function expectSame(before: Graph, after: Graph): void {
  const found: Tensor[] = outputsOn(after)
  outputsOn(before).forEach((expected, at) => expect(relativeDifference(found[at]!, expected)).toBeLessThan(1e-5))
}
