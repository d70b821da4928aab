// The plan computes what the graph computes, joins the nodes that one layer can compute, and refuses the others by name.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { FloatGraph } from '../../../compiler/graph/graph.ts'
import { tensorOf, zeros } from '../../../compiler/graph/tensor.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import type { FloatPlan } from '../../../compiler/quantize/plan.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { shape as resnet20 } from '../../../examples/resnet20/build.ts'
import { referencePlan } from './reference-plan.ts'
import { randomFloatGraph, randomImage } from './random-float-graph.ts'

/** The greatest difference between plan and graph over the output and every map of the plan. */
function worstDifference(graph: FloatGraph, seed: number): number {
  const plan = fuse(graph)
  const image = randomImage(graph, seed)
  const found = referencePlan(plan, image.data)
  const known = new Set(graph.nodes.flatMap((node) => node.outputs))
  // Parts of a concatenation that are pooled one by one are not values of the graph.
  const layers = plan.layers.filter((layer) => layer.kind === 'logits' || known.has(layer.output.name))
  const keep = layers.map((layer) => (layer.kind === 'logits' ? layer.value : layer.output.name))
  const expected = evaluateFloat(graph, new Map([[graph.inputs[0]!.name, image]]), { keep })
  let worst = 0
  const compare = (name: string, value: string): void => {
    const data = expected.get(value)!.data
    expect(found.get(name)!.length).toBe(data.length)
    for (let i = 0; i < data.length; i++)
      worst = Math.max(worst, Math.abs(data[i]! - found.get(name)![i]!) / (1 + Math.abs(data[i]!)))
  }
  for (const layer of layers)
    compare(
      layer.kind === 'logits' ? layer.name : layer.output.name,
      layer.kind === 'logits' ? layer.value : layer.output.name,
    )
  compare(plan.output, graph.outputs[0]!.name)
  return worst
}

const outline = (plan: FloatPlan): string[] =>
  plan.layers.map((layer) => {
    if (layer.kind === 'maxPool') return 'maxPool'
    if (layer.kind === 'logits') return `logits ÷${layer.pixels}`
    const bounds = layer.low === 0 ? (layer.high === Infinity ? ' relu' : ` 0..${layer.high}`) : ''
    return (
      layer.sources.map((source) => `${source.role} ${source.kernel.join('×')}/${source.stride[0]}`).join(' + ') +
      bounds +
      (layer.pixels === undefined ? '' : ` ÷${layer.pixels}`)
    )
  })

describe('the plan of a graph', () => {
  test('computes what the graph computes, on random residual graphs, at every map', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(worstDifference(randomFloatGraph(seed), seed)).toBeLessThan(1e-4)
      }),
      { numRuns: 150 },
    )
  })

  test('joins convolution, shortcut and activation of ResNet-20 in one layer each', () => {
    const plan = fuse(resnet(resnet20, 1))
    expect(plan.layers.length).toBe(20)
    const plain = ['main 3×3/1 relu', 'main 3×3/1 + residual 1×1/1 relu']
    const stage = ['main 3×3/2 relu', 'main 3×3/1 + residual 1×1/2 relu', ...plain, ...plain]
    expect(outline(plan)).toEqual(['main 3×3/1 relu', ...plain, ...plain, ...plain, ...stage, ...stage, 'logits ÷64'])
    const wide = plan.layers[8]!
    if (wide.kind !== 'linear') throw new Error('a linear layer')
    const { rows, columns, rowStart, column } = wide.sources[1]!.weights
    expect([rows, columns, column.length]).toEqual([32, 16, 16])
    expect([rowStart[8], rowStart[9], column[0], rowStart[24], column[15]]).toEqual([0, 1, 0, 16, 15])
  })

  test('joins the two projections of ResNet-8', () => {
    const graph = resnet(resnet8, 1)
    expect(outline(fuse(graph)).filter((line) => line.includes('projection')).length).toBe(2)
    expect(worstDifference(graph, 3)).toBeLessThan(1e-4)
  })
})

describe('single constructions', () => {
  const small = (make: (graph: GraphBuilder, input: string) => string): FloatGraph => {
    const graph = new GraphBuilder('small')
    return graph.build([make(graph, graph.input('input', [1, 4, 6, 6]))])
  }
  const weights = (graph: GraphBuilder, name: string, shape: readonly number[]): string => {
    const size = shape.reduce((a, b) => a * b, 1)
    return graph.constant(
      name,
      tensorOf(
        'float32',
        Float32Array.from({ length: size }, (_, i) => Math.sin(i + name.length)),
        shape,
      ),
    )
  }
  const conv = (graph: GraphBuilder, from: string, name: string, channels = 4): string =>
    graph.node('Conv', [from, weights(graph, `${name}.w`, [4, channels, 1, 1])], {}, { name })

  test.each<[string, (graph: GraphBuilder, input: string) => string, string[]]>([
    ['a Relu on its own is a layer of one entry a row', (g, x) => g.node('Relu', [x]), ['residual 1×1/1 relu']],
    [
      'two maps are added without a convolution',
      (g, x) => g.node('Add', [g.node('Relu', [x]), x]),
      ['residual 1×1/1 relu', 'residual 1×1/1 + residual 1×1/1'],
    ],
    ['a map is added to itself', (g, x) => g.node('Add', [x, x]), ['residual 1×1/1 + residual 1×1/1']],
    [
      'two convolutions are added in one layer',
      (g, x) => g.node('Add', [conv(g, x, 'a'), conv(g, x, 'bb')]),
      ['main 1×1/1 + projection 1×1/1'],
    ],
    [
      'a convolution read twice is a layer of its own',
      (g, x) => {
        const a = conv(g, x, 'a')
        return g.node('Add', [a, g.node('Relu', [a])])
      },
      ['main 1×1/1', 'residual 1×1/1 relu', 'residual 1×1/1 + residual 1×1/1'],
    ],
    [
      'Relu then Clip is one layer',
      (g, x) => g.node('Clip', [g.node('Relu', [conv(g, x, 'a')])], { min: -1, max: 2 }),
      ['main 1×1/1 0..2'],
    ],
    [
      'constants per channel join the row',
      (g, x) =>
        g.node('Mul', [
          g.node('Add', [conv(g, x, 'a'), weights(g, 'off', [4, 1, 1])]),
          weights(g, 'fac', [1, 4, 1, 1]),
        ]),
      ['main 1×1/1'],
    ],
    [
      'a difference of maps',
      (g, x) => g.node('Sub', [g.node('Relu', [x]), x]),
      ['residual 1×1/1 relu', 'residual 1×1/1 + residual 1×1/1'],
    ],
    [
      'a mean, a hidden layer and logits',
      (g, x) => {
        const hidden = g.node('Gemm', [g.node('Flatten', [g.node('GlobalAveragePool', [x])]), weights(g, 'h', [4, 5])])
        return g.node('Gemm', [g.node('Relu', [hidden]), weights(g, 'end', [5, 3])])
      },
      ['main 1×1/1 relu ÷36', 'logits ÷1'],
    ],
    ['a 1×1 convolution of a mean is logits', (g, x) => conv(g, g.node('GlobalAveragePool', [x]), 'a'), ['logits ÷36']],
    [
      'a mean over a window as large as the map',
      (g, x) => g.node('Flatten', [g.node('AveragePool', [x], { kernel_shape: [6, 6] })]),
      ['logits ÷36'],
    ],
    [
      'an average pool is a depthwise layer',
      (g, x) => g.node('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] }),
      ['main 2×2/2'],
    ],
    [
      'a convolution reads a concatenation from the maps of its parts',
      (g, x) => conv(g, g.node('Concat', [conv(g, x, 'a'), g.node('Relu', [x])], { axis: 1 }), 'bb', 8),
      ['main 1×1/1', 'residual 1×1/1 relu', 'main 1×1/1 + main 1×1/1'],
    ],
    [
      'a concatenation that is the output is a layer',
      (g, x) => g.node('Concat', [conv(g, x, 'a'), x, x], { axis: 1 }),
      ['main 1×1/1', 'residual 1×1/1 + residual 1×1/1'],
    ],
    [
      'parts of a concatenation are pooled one by one',
      (g, x) =>
        conv(
          g,
          g.node('MaxPool', [g.node('Concat', [conv(g, x, 'a'), x], { axis: 1 })], { kernel_shape: [2, 2] }),
          'b',
          8,
        ),
      ['main 1×1/1', 'maxPool', 'maxPool', 'main 1×1/1 + main 1×1/1'],
    ],
    [
      'a channel shuffle renames columns',
      (g, x) => {
        const shape = (name: string, values: number[]): string =>
          g.constant(name, tensorOf('int64', values, [values.length]))
        const groups = g.node('Reshape', [conv(g, x, 'a'), shape('groups', [1, 2, 2, 6, 6])])
        const turned = g.node('Transpose', [groups], { perm: [0, 2, 1, 3, 4] })
        return conv(g, g.node('Reshape', [turned, shape('flat', [1, 4, 6, 6])]), 'bb')
      },
      ['main 1×1/1', 'main 1×1/1'],
    ],
    [
      'some channels of a map are read from that map',
      (g, x) => {
        const ints = (name: string, value: number): string => g.constant(name, tensorOf('int64', [value], [1]))
        return conv(g, g.node('Slice', [x, ints('start', 1), ints('end', 3), ints('axis', 1)]), 'a', 2)
      },
      ['main 1×1/1'],
    ],
    [
      'a part of the rows and columns is a window that starts inside the map',
      (g, x) => {
        const ints = (name: string, values: number[]): string =>
          g.constant(name, tensorOf('int64', values, [values.length]))
        const sliced = [x, ints('start', [2, 1]), ints('end', [6, 6]), ints('axes', [2, 3]), ints('steps', [1, 2])]
        return g.node('Add', [conv(g, g.node('Slice', sliced), 'a'), g.node('Slice', sliced)])
      },
      ['residual 1×1/1', 'main 1×1/1 + residual 1×1/1'],
    ],
    ['padding of a map by zeros', (g, x) => g.node('Pad', [x], { pads: [0, 0, 1, 2, 0, 0, 0, 1] }), ['residual 1×1/1']],
  ])('%s', (_, make, expected) => {
    const graph = small(make)
    expect(outline(fuse(graph))).toEqual(expected)
    expect(worstDifference(graph, 5)).toBeLessThan(1e-5)
  })

  test('of a chain of nodes that no layer can hold, the first is named with the reason', () => {
    const graph = small((g, x) => g.node('Relu', [g.node('Transpose', [x], { perm: [0, 1, 3, 2] }, { name: 'turn' })]))
    expect(() => fuse(graph)).toThrow(
      /^node 'turn' \(Transpose\): it orders the axes of \[1,4,6,6\] as 0,1,3,2; allowed: it orders groups/,
    )
  })

  test.each(['Sigmoid', 'HardSwish', 'Tanh', 'Softplus'])('%s is refused, with what to do instead', (op) => {
    const graph = small((g, x) => g.node(op, [x], {}, { name: 'curve' }))
    expect(() => fuse(graph)).toThrow(
      /^node 'curve' .*no layer of the machine does this.*train with Relu, Clip, LeakyRelu or HardSigmoid instead/,
    )
  })

  test('an average that leaves out its padding is refused, and one that counts it is a layer', () => {
    const pool = (own: object): FloatGraph =>
      small((g, x) => g.node('AveragePool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], ...own }))
    expect(() => fuse(pool({}))).toThrow(
      /windows at the border average fewer pixels; allowed: no window reaches into padding, unless count_include_pad is 1/,
    )
    expect(outline(fuse(pool({ count_include_pad: 1 })))).toEqual(['main 3×3/1'])
  })

  test('five parts along rows, and parts along the batch axis, are refused', () => {
    const joined = (axis: number, parts: number): FloatGraph => {
      const graph = new GraphBuilder('parts')
      const x = graph.input('input', [1, 2, 4, 4])
      const each = Array.from({ length: parts }, () => graph.node('Relu', [x]))
      return graph.build([graph.node('Concat', each, { axis })])
    }
    expect(() => fuse(joined(2, 4))).not.toThrow()
    expect(() => fuse(joined(2, 5))).toThrow(
      /joins 5 parts along axis 2; allowed: along rows or columns, at most 4 parts meet/,
    )
    expect(() => fuse(joined(0, 1))).toThrow(
      /joins along axis 0; allowed: the axis is that of channels, rows or columns/,
    )
  })

  test.each<[string, Parameters<typeof small>[0]]>([
    ['the input', (_, x) => x],
    ['a convolution', (g, x) => conv(g, x, 'a')],
    ['an activation', (g, x) => g.node('Relu', [conv(g, x, 'a')])],
    ['a sum', (g, x) => g.node('Add', [conv(g, x, 'a'), x])],
  ])('a Reshape of the rows and columns of %s is refused', (_, make) => {
    for (const shape of [
      [1, 4, 4, 9],
      [1, 4, 36, 1],
      [1, 4, 1, 36],
    ]) {
      const graph = small((g, x) => {
        const turned = g.node(
          'Reshape',
          [make(g, x), g.constant('shape', tensorOf('int64', shape, [4]))],
          {},
          { name: 'turn' },
        )
        return g.node('Relu', [turned])
      })
      expect(() => fuse(graph)).toThrow(
        /^node 'turn' \(Reshape\): it makes \[.*\]; allowed: the result is a flat vector/,
      )
    }
  })

  test('all refused nodes are listed at once', () => {
    const graph = small((g, x) =>
      g.node('Add', [
        g.node('Transpose', [x], { perm: [0, 1, 3, 2] }, { name: 'first' }),
        g.node('Neg', [x], {}, { name: 'second' }),
      ]),
    )
    expect(() => fuse(graph)).toThrow(
      /^graph '.*': 2 errors prevent compilation:\n {2}node 'first'.*\n {2}node 'second'/,
    )
  })

  test('thousands of refused nodes are a short list of reasons', () => {
    const graph = small((g, x) => {
      const all = Array.from({ length: 2000 }, (_, at) =>
        g.node(at % 2 === 0 ? 'Neg' : 'Abs', [x], {}, { name: `n${at}` }),
      )
      return g.node('Concat', all, { axis: 1 })
    })
    expect(() => fuse(graph)).toThrow(
      /2000 errors prevent compilation:\n {2}node 'n0' \(Neg\), node 'n1' \(Abs\), node 'n2' \(Neg\) and 1997 more: no layer/,
    )
  })

  test('a graph whose output is its input is refused', () => {
    const graph = new GraphBuilder('nothing')
    expect(() => fuse(graph.build([graph.input('input', [1, 2, 4, 4])]))).toThrow(
      /graph 'nothing': its output is its input: no layer is left/,
    )
  })

  test('a batch of two is refused', () => {
    const graph = new GraphBuilder('batch')
    const input = graph.input('input', [2, 1, 3, 3])
    expect(() => fuse(graph.build([graph.node('Relu', [input])]))).toThrow(/one input \[1, channels, height, width\]/)
  })

  test('computed weights are refused', () => {
    const graph = new GraphBuilder('computed')
    const input = graph.input('input', [1, 1, 3, 3])
    graph.constant('unused', zeros('float32', [1]))
    expect(() => fuse(graph.build([graph.node('Conv', [input, input])]))).toThrow(/its weights are computed/)
  })
})
