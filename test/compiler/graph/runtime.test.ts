// Float evaluation of single operators with random parameters, against ONNX Runtime.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Attributes } from '../../../compiler/graph/graph.ts'
import { type Tensor, sizeOf, tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { DlpError } from '../../../base/error.ts'
import { normal, random } from '../../../base/random.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const runs = { numRuns: 60 }
const small = fc.integer({ min: 1, max: 3 })
const padding = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 })
const pair = fc.tuple(small, small).map((values) => [...values])
const autoPad = fc.constantFrom('NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER')

/** The number of nodes that the current test has tried, and of those that were refused. */
const cases = { all: 0, refused: 0 }

describe('float evaluation equals ONNX Runtime', () => {
  beforeEach(() => Object.assign(cases, { all: 0, refused: 0 }))
  afterEach(() => expect(cases.refused).toBeLessThanOrEqual(cases.all / 4))

  it('for Conv with any kernel, strides, dilations, padding, groups and batch', async () => {
    const shapes = fc.record({
      group: small,
      perGroup: fc.tuple(small, fc.integer({ min: 1, max: 6 })),
      batch: fc.integer({ min: 1, max: 2 }),
      size: fc.tuple(fc.integer({ min: 5, max: 12 }), fc.integer({ min: 5, max: 12 })),
      kernel: pair,
      strides: pair,
      dilations: pair,
      pads: padding,
      auto_pad: autoPad,
      bias: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        shapes,
        async ({ group, perGroup, batch, size, kernel, bias, pads, auto_pad, strides, dilations }) => {
          fc.pre(auto_pad === 'NOTSET' || dilations.every((dilation) => dilation === 1))
          const attributes: Attributes = {
            ...(auto_pad === 'NOTSET' ? { pads } : { auto_pad }),
            kernel_shape: kernel,
            strides,
            dilations,
            group,
          }
          const weights = values([perGroup[1] * group, perGroup[0], ...kernel], 2)
          const constants = [weights, ...(bias ? [values([perGroup[1] * group], 3)] : [])]
          await agrees('Conv', values([batch, perGroup[0] * group, ...size], 1), constants, attributes)
        },
      ),
      runs,
    )
  })

  it.each(['MaxPool', 'AveragePool'])('for %s with automatic padding', async (op) => {
    const shapes = fc.record({ kernel: pair, strides: pair, auto_pad: autoPad, rows: fc.integer({ min: 4, max: 9 }) })
    await fc.assert(
      fc.asyncProperty(shapes, async ({ kernel, strides, auto_pad, rows }) => {
        // ONNX Runtime computes negative padding for strides larger than the kernel, and refuses it.
        fc.pre(kernel.every((extent, axis) => extent >= strides[axis]!))
        await agrees(op, values([1, 2, rows, 8], 1), [], { kernel_shape: kernel, strides, auto_pad })
      }),
      runs,
    )
  })

  it.each(['MaxPool', 'AveragePool'])('for %s with any window', async (op) => {
    const shapes = fc.record({
      size: fc.tuple(fc.integer({ min: 4, max: 11 }), fc.integer({ min: 4, max: 11 })),
      kernel: pair,
      strides: pair,
      pads: padding,
      ceil_mode: fc.integer({ min: 0, max: 1 }),
      count_include_pad: fc.integer({ min: 0, max: 1 }),
    })
    await fc.assert(
      fc.asyncProperty(shapes, async ({ size, kernel, strides, pads, ceil_mode, count_include_pad }) => {
        const attributes: Attributes = {
          kernel_shape: kernel,
          strides,
          pads: pads.map((pad, at) => Math.min(pad, kernel[at % 2]! - 1)),
          ceil_mode,
          ...(op === 'AveragePool' ? { count_include_pad } : {}),
        }
        await agrees(op, values([1, 2, ...size], 1), [], attributes)
      }),
      runs,
    )
  })

  it('for Slice with any starts, ends and steps', async () => {
    const place = fc.integer({ min: -9, max: 9 })
    const step = fc.constantFrom(1, 2, 3, -1, -2)
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(place, place),
        fc.tuple(place, place),
        fc.tuple(step, step),
        async (starts, ends, steps) => {
          await agrees('Slice', values([2, 5, 7], 1), [starts, ends, [1, -1], steps].map(int64), {})
        },
      ),
      runs,
    )
  })

  it('for Pad with any border, negative ones included', async () => {
    const pads = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 6, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(pads, async (widths) => {
        await agrees('Pad', values([2, 3, 4], 1), [int64(widths), tensorOf('float32', [0.5], [])], {})
      }),
      runs,
    )
  })

  it('for Gemm with every attribute', async () => {
    const flag = fc.integer({ min: 0, max: 1 })
    const scale = fc.constantFrom(1, 0.5, -2)
    await fc.assert(
      fc.asyncProperty(
        flag,
        flag,
        scale,
        scale,
        fc.constantFrom([4], [1, 4], [3, 1], [3, 4], []),
        async (transA, transB, alpha, beta, c) => {
          const attributes = { transA, transB, alpha, beta }
          const b = values(transB === 1 ? [4, 5] : [5, 4], 2)
          await agrees('Gemm', values(transA === 1 ? [5, 3] : [3, 5], 1), [b, values(c, 3)], attributes)
        },
      ),
      runs,
    )
  })

  it.each([
    ['MatMul', [2, 3, 4], [[2, 4, 5]], {}],
    ['MatMul', [4], [[4, 5]], {}],
    ['Add', [2, 3, 4], [[3, 1]], {}],
    ['Sub', [3, 1], [[2, 1, 4]], {}],
    ['Mul', [1], [[2, 3]], {}],
    ['Div', [2, 3], [[3]], {}],
    ['BatchNormalization', [2, 3, 4, 5], [[3], [3], [3], 'positive'], { epsilon: 0.01 }],
    ['ReduceMean', [2, 3, 4, 5], [], { axes: [2, 3], keepdims: 0 }],
    ['ReduceMean', [2, 3, 4], [], { axes: [-2], keepdims: 1 }],
    ['ReduceMean', [2, 3, 4], [], {}],
    ['GlobalAveragePool', [2, 3, 4, 5], [], {}],
    ['Transpose', [2, 3, 4], [], { perm: [2, 0, 1] }],
    ['Flatten', [2, 3, 4], [], { axis: -1 }],
    ['Relu', [2, 3], [], {}],
    ['Concat', [2, 3], [[2, 1]], { axis: -1 }],
    ['LeakyRelu', [2, 30], [], { alpha: 0.1 }],
    ['Elu', [2, 30], [], { alpha: 2 }],
    ['Sigmoid', [2, 30], [], {}],
    ['HardSigmoid', [2, 30], [], { alpha: 0.3, beta: 0.4 }],
    ['HardSwish', [2, 30], [], {}],
    ['Tanh', [2, 30], [], {}],
    ['Softplus', [2, 30], [], {}],
    ['Abs', [2, 30], [], {}],
    ['Neg', [2, 30], [], {}],
    ['Ceil', [2, 30], [], {}],
    ['Floor', [2, 30], [], {}],
    ['Round', [2, 30], [], {}],
    ['Sign', [2, 30], [], {}],
    ['Tile', [2, 3, 2], [int64([1, 3, 2])], {}],
    ['CastLike', [2, 3], [[1]], {}],
    ['Exp', [2, 30], [], {}],
    ['Reciprocal', [2, 30], [], {}],
    ['PRelu', [2, 3, 4], [[3, 1]], {}],
    ['Sum', [2, 3], [[3], [2, 1]], {}],
    ['Max', [2, 3], [[3], [2, 1]], {}],
    ['Min', [2, 3], [[1], [2, 1]], {}],
    ['Softmax', [2, 3, 4], [], {}],
    ['Softmax', [2, 3, 4], [], { axis: 1 }],
    ['LogSoftmax', [2, 3, 4], [], {}],
    ['LogSoftmax', [2, 3, 4], [], { axis: 1 }],
    ['ReduceSum', [2, 3, 4], [int64([0, 2])], { keepdims: 0 }],
    ['ReduceMax', [2, 3, 4], [], { axes: [1] }],
    ['ReduceMin', [2, 3, 4], [], { axes: [-1], keepdims: 0 }],
    ['ReduceProd', [2, 3, 4], [], { axes: [0] }],
    ['ReduceL1', [2, 3, 4], [], { axes: [1, 2] }],
    ['ReduceL2', [2, 3, 4], [], { axes: [1, 2] }],
    ['ReduceSumSquare', [2, 3, 4], [], { axes: [0] }],
    ['GlobalMaxPool', [2, 3, 4, 5], [], {}],
    ['Split', [2, 7], [int64([3, 4])], { axis: 1 }],
  ] as const)('for %s on %j', async (op, shape, constants, attributes) => {
    const others = constants.map((other, at) =>
      typeof other === 'object' && 'data' in other
        ? other
        : other === 'positive'
          ? tensor(
              values([3], 9).data.map((x) => x * x + 0.1),
              [3],
            )
          : values(other, at + 2),
    )
    await agrees(op, values(shape, 1), others, attributes)
  })
})

function values(shape: readonly number[], seed: number): Tensor {
  const uniform = random(seed)
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => normal(uniform)),
    shape,
  )
}

function int64(list: readonly number[]): Tensor {
  return tensorOf('int64', list, [list.length])
}

/** Compares a node with ONNX Runtime; a node that violates a constraint (a kernel larger than the map) is refused instead. */
async function agrees(op: string, input: Tensor, constants: readonly Tensor[], attributes: Attributes): Promise<void> {
  const builder = new GraphBuilder('one', 17)
  const names = constants.map((value, at) => builder.constant(`c${at}`, value))
  const outputs = op === 'Split' ? ['y', 'z'] : ['y']
  const output = builder.node(op, [builder.input('x', input.shape), ...names], attributes, { outputs })
  const inputs = new Map([['x', input]])
  let graph
  cases.all++
  try {
    graph = builder.build([output])
  } catch (error) {
    expect(error).toBeInstanceOf(DlpError)
    cases.refused++
    return
  }
  const expected = (await runModel(writeOnnx(graph), inputs)).get('y') as Tensor
  const found = evaluateFloat(graph, inputs).get('y') as Tensor
  expect(found.shape).toEqual(expected.shape)
  expect(relativeDifference(found, expected)).toBeLessThan(1e-5)
}
