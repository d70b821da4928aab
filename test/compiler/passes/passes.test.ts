// What each pass rewrites, and what it leaves unchanged.

import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { Attributes, Graph } from '../../../compiler/graph/graph.ts'
import { printGraph } from '../../../compiler/graph/print.ts'
import { type Tensor, sizeOf, tensorOf } from '../../../compiler/graph/tensor.ts'
import { affineToBatchNorm } from '../../../compiler/passes/affine-to-batch-norm.ts'
import { clipToRelu } from '../../../compiler/passes/clip-to-relu.ts'
import { dropIdentities } from '../../../compiler/passes/drop-identities.ts'
import { explicitWindows } from '../../../compiler/passes/explicit-windows.ts'
import { foldBatchNorm } from '../../../compiler/passes/fold-batch-norm.ts'
import { foldConstants } from '../../../compiler/passes/fold-constants.ts'
import { foldPad } from '../../../compiler/passes/fold-pad.ts'
import { matMulToGemm } from '../../../compiler/passes/matmul-to-gemm.ts'
import { meanToGlobalPool } from '../../../compiler/passes/mean-to-global-pool.ts'
import { mergeSlices } from '../../../compiler/passes/merge-slices.ts'
import { normaliseGemm } from '../../../compiler/passes/normalise-gemm.ts'
import { removeDead } from '../../../compiler/passes/remove-dead.ts'
import { reshapeToFlatten } from '../../../compiler/passes/reshape-to-flatten.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { relativeDifference } from '../runtime.ts'
import { outputsOn } from './random-graph.ts'

const map = [1, 2, 6, 6]

describe('fold-constants', () => {
  it('turns a chain of shape arithmetic into one constant', () => {
    const graph = chain(map, (b, x) => {
      const shape = b.node('Shape', [x])
      const last = b.node('Slice', [shape, ints(b, 2), ints(b, 4)])
      const all = b.node('Concat', [ints(b, 1, -1), last], { axis: 0 })
      return b.node('Reshape', [x, all])
    })
    expect(ops(removeDead.run(foldConstants.run(graph)))).toEqual(['Reshape'])
  })

  it('does not fold a result that is too large', () => {
    const graph = chain([1], (b) => b.node('ConstantOfShape', [b.constant('shape', tensorOf('int64', [2 ** 27], [1]))]))
    expect(foldConstants.run(graph)).toBe(graph)
  })
})

describe('drop-identities', () => {
  it('keeps the name of an output that an identity defines', () => {
    const graph = chain(map, (b, x) => b.node('Identity', [b.node('Relu', [x])], {}, { outputs: ['y'] }))
    expect(printGraph(dropIdentities.run(graph))).toContain('y: float32[1,2,6,6] = Relu(x)')
  })

  it('removes fans and chains of any size in one run', () => {
    const graph = chain(map, (b, x) => {
      const relu = b.node('Relu', [x])
      const fan = Array.from({ length: 400 }, () => b.node('Identity', [relu]))
      const last = fan.map((value) => b.node('Identity', [b.node('Identity', [value])]))
      return b.node('Identity', [b.node('Identity', [b.node('Sum', last)])])
    })
    const dropped = dropIdentities.run(graph)
    expect(ops(dropped)).toEqual(['Relu', 'Sum'])
    expect(new Set(dropped.nodes[1]!.inputs)).toEqual(new Set(dropped.nodes[0]!.outputs))
    expectSame(graph, dropped)
  })

  it('keeps an identity between an input and an output', () => {
    const graph = chain(map, (b, x) => b.node('Identity', [x]))
    expect(dropIdentities.run(graph)).toBe(graph)
  })

  it('keeps an identity between two outputs', () => {
    const builder = new GraphBuilder('two')
    const relu = builder.node('Relu', [builder.input('x', map)])
    const graph = builder.build([relu, builder.node('Identity', [relu])])
    expect(dropIdentities.run(graph)).toBe(graph)
  })

  it('keeps nodes that change the order of elements but not the shape', () => {
    for (const graph of [
      chain([1, 2, 6, 6], (b, x) => b.node('Transpose', [x], { perm: [0, 1, 3, 2] })),
      chain(map, (b, x) => b.node('Slice', [x, ints(b, -1), ints(b, -9), ints(b, 2), ints(b, -1)])),
      chain(map, (b, x) => b.node('Pad', [x, ints(b, 0, 0, 1, 0, 0, 0, -1, 0)])),
    ])
      expect(ops(dropIdentities.run(graph)).at(-1)).toBe(ops(graph).at(-1))
  })

  it('removes a Dropout only if its mask is not read', () => {
    const builder = new GraphBuilder('dropout')
    const options = { outputs: ['kept', 'mask'] }
    const kept = builder.node('Dropout', [builder.node('Relu', [builder.input('x', map)])], {}, options)
    const relu = builder.node('Relu', [kept])
    expect(ops(dropIdentities.run(builder.build([relu])))).toEqual(['Relu', 'Relu'])
    expect(ops(dropIdentities.run(builder.build([relu, 'mask'])))).toContain('Dropout')
  })
})

describe('clip-to-relu', () => {
  it('rewrites a Clip from 0 upward only', () => {
    const clipped = (attributes: Attributes) =>
      ops(clipToRelu.run(chain(map, (b, x) => b.node('Clip', [x], attributes))))
    expect(clipped({ min: 0 })).toEqual(['Relu'])
    expect(clipped({ min: 0, max: 6 })).toEqual(['Clip'])
    expect(clipped({ min: 1 })).toEqual(['Clip'])
  })
})

describe('affine-to-batch-norm and fold-batch-norm', () => {
  it('fold a scale and a shift into the preceding convolution', () => {
    const graph = chain(map, (b, x) => {
      const scaled = b.node('Mul', [convolve(b, x), floats(b, [2, 1, 1])])
      return b.node('Sub', [floats(b, []), scaled])
    })
    const folded = simplify(graph)
    expect(ops(folded)).toEqual(['Conv'])
    expectSame(graph, folded)
  })

  it('rewrite a separate normalisation as a depthwise convolution', () => {
    const graph = chain(map, (b, x) => b.node('Div', [b.node('Relu', [x]), floats(b, [1, 2, 1, 1])]))
    const folded = foldBatchNorm.run(affineToBatchNorm.run(graph))
    expect(folded.nodes[1]).toMatchObject({ op: 'Conv', attributes: { group: 2, kernel_shape: [1, 1] } })
    expectSame(graph, folded)
  })

  it('do not change a convolution that has other consumers or is an output', () => {
    const builder = new GraphBuilder('shared')
    const conv = convolve(builder, builder.input('x', map))
    const norm = builder.node('Mul', [conv, floats(builder, [2, 1, 1])])
    const shared = builder.build([builder.node('Add', [norm, conv])])
    const output = builder.build([norm, conv])
    for (const graph of [shared, output]) {
      const folded = simplify(graph)
      expect(ops(folded).filter((op) => op === 'Conv').length).toBe(2)
      expectSame(graph, folded)
    }
  })

  it('do not rewrite a constant that is not one value per channel', () => {
    const graph = chain(map, (b, x) => b.node('Mul', [x, floats(b, [6])]))
    expect(affineToBatchNorm.run(graph)).toBe(graph)
  })
})

describe('matmul-to-gemm and normalise-gemm', () => {
  it('rewrite a product and a sum as one Gemm', () => {
    const graph = chain([1, 5], (b, x) => b.node('Add', [b.node('MatMul', [x, floats(b, [5, 3])]), floats(b, [3])]))
    const simple = simplify(graph)
    expect(printGraph(simple)).toContain('Gemm(x, float32[3,5], {')
    expectSame(graph, simple)
  })

  it('fold alpha, beta and a transposition, and add a missing bias', () => {
    const graph = chain([1, 5], (b, x) => b.node('Gemm', [x, floats(b, [5, 3])], { alpha: 2, beta: 3 }))
    const [gemm] = elements(normaliseGemm.run(graph).nodes, 1)
    expect([gemm.attributes, gemm.inputs.length]).toEqual([{ transB: 1 }, 3])
    expectSame(graph, normaliseGemm.run(graph))
  })

  it('do not rewrite a product of two computed values, or a sum that broadcasts the result', () => {
    const product = chain([2, 2], (b, x) => b.node('MatMul', [x, x]))
    expect(matMulToGemm.run(product)).toBe(product)
    const larger = chain([1, 5], (b, x) => b.node('Add', [b.node('MatMul', [x, floats(b, [5, 3])]), floats(b, [4, 3])]))
    expect(ops(matMulToGemm.run(matMulToGemm.run(larger)))).toEqual(['Gemm', 'Add'])
    expectSame(larger, simplify(larger))
  })
})

describe('mean-to-global-pool and reshape-to-flatten', () => {
  it.each([
    [
      'ReduceMean with its axes kept',
      'GlobalAveragePool',
      (b: GraphBuilder, x: string) => b.node('ReduceMean', [x], { axes: [-1, -2] }),
    ],
    [
      'ReduceMean without',
      'GlobalAveragePool,Flatten',
      (b: GraphBuilder, x: string) => b.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 }),
    ],
    [
      'AveragePool of the whole map',
      'GlobalAveragePool',
      (b: GraphBuilder, x: string) => b.node('AveragePool', [x], { kernel_shape: [6, 6] }),
    ],
    [
      'ReduceMean over one axis',
      'ReduceMean',
      (b: GraphBuilder, x: string) => b.node('ReduceMean', [x], { axes: [3] }),
    ],
    [
      'AveragePool of a part',
      'AveragePool',
      (b: GraphBuilder, x: string) => b.node('AveragePool', [x], { kernel_shape: [5, 6] }),
    ],
  ])('%s becomes %s', (_, expected, step) => {
    const graph = chain(map, step)
    expect(ops(meanToGlobalPool.run(graph)).join()).toBe(expected)
    expectSame(graph, meanToGlobalPool.run(graph))
  })

  it('a Reshape to a vector becomes Flatten, another does not', () => {
    const reshaped = (...shape: number[]) => chain(map, (b, x) => b.node('Reshape', [x, ints(b, ...shape)]))
    expect(ops(reshapeToFlatten.run(reshaped(1, -1))).at(-1)).toBe('Flatten')
    expect(ops(reshapeToFlatten.run(reshaped(2, -1))).at(-1)).toBe('Reshape')
  })
})

describe('fold-pad', () => {
  const padded = (op: string, pads: number[], before?: string, attributes: Attributes = {}) => {
    const build = (b: GraphBuilder, x: string) => {
      const input = before === undefined ? x : b.node(before, [x])
      const pad = b.node('Pad', [input, b.constant('pads', tensorOf('int64', pads, [8]))])
      return op === 'Conv' ? convolve(b, pad) : b.node(op, [pad], { kernel_shape: [3, 3], ...attributes })
    }
    const graph = chain(map, build)
    const folded = removeDead.run(foldPad.run(graph))
    expectSame(graph, folded)
    return ops(folded).join()
  }

  it('folds zeros around rows and columns', () => {
    expect(padded('Conv', [0, 0, 1, 2, 0, 0, 3, 0])).toBe('Conv')
    expect(padded('MaxPool', [0, 0, 1, 2, 0, 0, 2, 0], 'Relu')).toBe('Relu,MaxPool')
    expect(padded('AveragePool', [0, 0, 1, 1, 0, 0, 1, 1], undefined, { count_include_pad: 1 })).toBe('AveragePool')
    expect(padded('AveragePool', [0, 0, 1, 1, 0, 0, 1, 1])).toBe('AveragePool')
  })

  it('does not fold a border that is wider than the padding of a window may be', () => {
    const wide = chain([1, 2, 6, 6], (b, x) => convolve(b, b.node('Pad', [x, ints(b, 0, 0, 0, 0, 0, 0, 2 ** 20, 0)])))
    expect(ops(foldPad.run(wide))).toEqual(['Pad', 'Conv'])
  })

  it('does not fold zeros in channels, negative pads, and zeros that an average would count', () => {
    expect(padded('Conv', [0, 0, 1, 1, 0, 0, -1, 1])).toBe('Pad,Conv')
    expect(padded('MaxPool', [0, 1, 1, 1, 0, 0, 1, 1], 'Relu')).toBe('Relu,Pad,MaxPool')
    expect(padded('MaxPool', [0, 0, 1, 1, 0, 0, 1, 1])).toBe('Pad,MaxPool')
    expect(padded('MaxPool', [0, 0, 3, 3, 0, 0, 3, 3], 'Relu')).toBe('Relu,Pad,MaxPool')
    expect(padded('AveragePool', [0, 0, 1, 1, 0, 0, 1, 1], undefined, { pads: [1, 1, 1, 1] })).toBe('Pad,AveragePool')
    expect(padded('AveragePool', [0, 0, 1, 1, 0, 0, 1, 1], undefined, { ceil_mode: 1 })).toBe('Pad,AveragePool')
  })
})

describe('merge-slices', () => {
  it('merges several slices into one, including reversed ones', () => {
    const graph = chain(map, (b, x) => {
      const rows = b.node('Slice', [x, ints(b, 1), ints(b, 99), ints(b, 2), ints(b, 2)])
      const columns = b.node('Slice', [rows, ints(b, -1), ints(b, -99), ints(b, 3), ints(b, -1)])
      return b.node('Slice', [columns, ints(b, 1), ints(b, 6), ints(b, 3), ints(b, 2)])
    })
    const simple = simplify(graph)
    expect(printGraph(simple)).toContain('Slice(x, {1,4}, {6,-7}, {2,3}, {2,-2})')
    expectSame(graph, simple)
  })

  it('rewrites attributes as inputs', () => {
    const graph = chain(map, (b, x) => b.node('Slice', [x], { starts: [1], ends: [3], axes: [-2] }))
    expect(printGraph(mergeSlices.run(graph))).toContain('Slice(x, {1}, {3}, {2}, {1})')
  })
})

describe('explicit-windows', () => {
  it('makes the padding of auto_pad and ceil_mode explicit', () => {
    const graph = chain(map, (b, x) => b.node('MaxPool', [x], { kernel_shape: [3, 2], strides: [2, 4], ceil_mode: 1 }))
    const explicit = explicitWindows.run(graph)
    expect(explicit.nodes[0]!.attributes).toEqual({
      dilations: [1, 1],
      kernel_shape: [3, 2],
      pads: [0, 0, 1, 0],
      strides: [2, 4],
    })
    expectSame(graph, explicit)
    expect(explicitWindows.run(explicit)).toBe(explicit)
  })
})

function chain(shape: readonly number[], step: (builder: GraphBuilder, input: string) => string): Graph {
  const builder = new GraphBuilder('chain', 13)
  return builder.build([step(builder, builder.input('x', shape))])
}

function convolve(builder: GraphBuilder, input: string): string {
  return builder.node('Conv', [input, floats(builder, [2, 2, 3, 3])], { kernel_shape: [3, 3] })
}

function ints(builder: GraphBuilder, ...list: number[]): string {
  return builder.node('Constant', [], { value: tensorOf('int64', list, [list.length]) })
}

let constants = 0
function floats(builder: GraphBuilder, shape: readonly number[]): string {
  const values = Array.from({ length: sizeOf(shape) }, (_, at) => Math.sin(at + 1) + 0.1)
  return builder.constant(`w${constants++}`, tensorOf('float32', values, shape))
}

function ops(graph: Graph): string[] {
  return graph.nodes.map(({ op }) => op).filter((op) => op !== 'Constant')
}

function expectSame(before: Graph, after: Graph): void {
  const found: Tensor[] = outputsOn(after)
  outputsOn(before).forEach((expected, at) => expect(relativeDifference(found[at]!, expected)).toBeLessThan(1e-5))
}
