// Evaluating a graph: inputs are checked, inner values can be kept, constants and inputs can be outputs.

import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { tensorOf, zeros } from '../../../compiler/graph/tensor.ts'

const builder = new GraphBuilder('small')
const relu = builder.node('Relu', [builder.input('x', [3])], {}, { name: 'relu' })
const sum = builder.node(
  'Add',
  [relu, builder.constant('c', tensorOf('float32', [1, 2, 3], [3]))],
  {},
  { outputs: ['sum'] },
)
const graph = builder.build([sum, 'x', 'c'])
const x = tensorOf('float32', [-1, 0, 5], [3])

describe('evaluateFloat', () => {
  it('returns outputs and the requested inner values', () => {
    const values = evaluateFloat(graph, new Map([['x', x]]), { keep: ['relu_output_0'] })
    expect([...values.keys()].sort()).toEqual(['c', 'relu_output_0', 'sum', 'x'])
    expect([...(values.get('sum')?.data ?? [])]).toEqual([1, 2, 8])
    expect([...(values.get('relu_output_0')?.data ?? [])]).toEqual([0, 0, 5])
  })

  it('does not write into its inputs', () => {
    evaluateFloat(graph, new Map([['x', x]]))
    expect([...x.data]).toEqual([-1, 0, 5])
  })

  it.each([
    ['a missing input', new Map(), [], /input 'x': found nothing; allowed: float32\[3\]/],
    [
      'an input of another shape',
      new Map([['x', zeros('float32', [1, 3])]]),
      [],
      /found float32\[1,3\]; allowed: float32\[3\]/,
    ],
    ['an input of another type', new Map([['x', zeros('int8', [3])]]), [], /found int8\[3\]/],
    ['a value to keep that does not exist', new Map([['x', x]]), ['y'], /no value is named 'y'/],
  ])('refuses %s', (_, inputs, keep, message) => {
    expect(() => evaluateFloat(graph, inputs, { keep })).toThrow(message)
  })
})
