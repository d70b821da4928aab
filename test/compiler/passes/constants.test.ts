// Constants as large as maps: replacing them by smaller ones, or removing their expansion, keeps the values of the graph.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { bytesOf, int64, type ModelText, node, noise } from '../../support/onnx-model.ts'

const full = (value: number, ...shape: number[]): Tensor =>
  tensorOf('float32', new Array<number>(shape.reduce((size, extent) => size * extent, 1)).fill(value), shape)

const textOf = (more: Partial<ModelText>): ModelText => ({ opset: 13, inputs: {}, outputs: ['y'], nodes: [], ...more })

/** Compares the outputs of a graph before and after simplification; the sign of 0 is ignored. */
function bothOf(more: Partial<ModelText>): readonly (readonly number[])[] {
  const read = readOnnx(bytesOf(textOf(more)), 'model')
  const inputs = new Map(read.inputs.map(({ name, shape }, at) => [name, noise(at + 7, ...shape)]))
  return [read, simplify(read)].map((graph) =>
    Array.from([...evaluateFloat(graph, inputs).values()][0]!.data, (value) => value + 0),
  )
}

test('any of several constants may determine the shape of a result', () => {
  const shape = fc
    .tuple(fc.constantFrom(1, 3), fc.constantFrom(1, 4), fc.constantFrom(1, 4))
    .map((axes) => [1, ...axes])
  const constant = fc.record({ shape, value: fc.integer({ min: -3, max: 3 }), isExpanded: fc.boolean() })
  const drawn = fc.record({
    op: fc.constantFrom('Sum', 'Max', 'Min', 'Add', 'Mul'),
    input: shape,
    given: fc.array(constant, { minLength: 1, maxLength: 3 }),
    at: fc.nat(3),
  })
  fc.assert(
    fc.property(drawn, ({ op, input, given, at }) => {
      const all = op === 'Add' || op === 'Mul' ? given.slice(0, 1) : given
      const names = all.map((_, index) => `k${index}`)
      const constants = Object.fromEntries(
        all.flatMap(({ shape: own, value, isExpanded }, index): [string, Tensor][] => [
          [isExpanded ? `s${index}` : `k${index}`, isExpanded ? full(value, 1) : full(value, ...own)],
          [`to${index}`, int64(...own)],
        ]),
      )
      const expands = all.flatMap(({ isExpanded }, index) =>
        isExpanded ? [node('Expand', `k${index}`, `s${index} to${index}`)] : [],
      )
      const operands = names.toSpliced(at % (names.length + 1), 0, 'x').join(' ')
      const [before, after] = bothOf({ inputs: { x: input }, constants, nodes: [...expands, node(op, 'y', operands)] })
      expect(after).toHaveLength(before!.length)
      after!.forEach((value, place) => expect(value).toBeCloseTo(before![place]!, 5))
    }),
    { numRuns: 150 },
  )
})

test('of two expanded constants that are multiplied with each other, at least one keeps its shape', () => {
  // Too large to be folded.
  const constants = { a: full(1, 3, 1, 1), b: full(2, 3, 1, 1), to: int64(1, 3, 1024, 1024), w: noise(1, 2, 6, 1, 1) }
  const nodes = [
    node('Expand', 'e', 'a to'),
    node('Expand', 'f', 'b to'),
    node('Mul', 'm', 'e f'),
    node('Concat', 'c', 'x m', { axis: 1 }),
    node('Conv', 'y', 'c w'),
  ]
  expect(() =>
    simplify(readOnnx(bytesOf(textOf({ inputs: { x: [1, 3, 1024, 1024] }, constants, nodes })), 'm')),
  ).not.toThrow()
})

test('the repetition of a channel more often than any map has channels stays as it is', () => {
  const more = {
    inputs: { x: [1, 1, 1, 1] },
    constants: { to: int64(1, 2 ** 27, 1, 1) },
    nodes: [node('Expand', 'y', 'x to')],
  }
  expect(simplify(readOnnx(bytesOf(textOf(more)), 'm')).nodes.map(({ op }) => op)).toEqual(['Expand'])
})

test('a cast of floats to four bits rounds halves away from 0 and keeps the low bits, as ONNX Runtime does', () => {
  const constants = { k: tensorOf('float32', [3.7, 0.5, 2.5, -3.7, -0.5, 8], [6]) }
  const nodes = [node('Cast', 'c', 'k', { to: 22 }), node('Cast', 'd', 'c', { to: 1 }), node('Add', 'y', 'x d')]
  const [read] = [readOnnx(bytesOf(textOf({ opset: 21, inputs: { x: [6] }, constants, nodes })), 'm')]
  const [values] = evaluateFloat(read, new Map([['x', full(0, 6)]])).values()
  expect(Array.from(values!.data)).toEqual([4, 1, 3, -4, -1, -8])
})
