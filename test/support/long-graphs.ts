// Graphs of any number of nodes with small files: chains, fans, trees and other structures that a hostile model may repeat.

import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'

const shape = [1, 2, 4, 4] as const
const scalar = (value: number) => tensorOf('float32', [value], [])

/** One kind of graph, by its number of nodes. */
export type LongGraph = (count: number) => Graph

const chain =
  (step: (builder: GraphBuilder, value: string, place: number) => string): LongGraph =>
  (count) => {
    const builder = new GraphBuilder('long')
    let value = builder.input('x', shape)
    builder.constant('half', scalar(0.5))
    builder.constant('one', scalar(1))
    builder.constant('ones', tensorOf('float32', [1, 1], [1, 2, 1, 1]))
    builder.constant('weights', tensorOf('float32', [0.5, 0.25, -0.25, 0.5], [2, 2, 1, 1]))
    builder.constant('shape', tensorOf('int64', [1, 2, 4, 4], [4]))
    for (let place = 0; place < count; place++) value = step(builder, value, place)
    return builder.build([builder.node('Relu', [value])])
  }

/** A chain of nodes on codes, between the input and the first DequantizeLinear. */
const codes =
  (step: (builder: GraphBuilder, value: string) => string): LongGraph =>
  (count) => {
    const builder = new GraphBuilder('codes', 13)
    let value = builder.input('x', shape, 'uint8')
    for (const [name, code] of [
      ['low', 0],
      ['high', 200],
    ] as const)
      builder.constant(name, tensorOf('uint8', [code], []))
    builder.constant('scale', scalar(0.5))
    for (let place = 0; place < count; place++) value = step(builder, value)
    const real = builder.node('Relu', [builder.node('DequantizeLinear', [value, 'scale', 'low'])])
    return builder.build([
      builder.node('DequantizeLinear', [builder.node('QuantizeLinear', [real, 'scale', 'low']), 'scale', 'low']),
    ])
  }

/** Many consumers of the input, whose outputs are joined by `join`. */
const fan =
  (join: (builder: GraphBuilder, values: readonly string[]) => string): LongGraph =>
  (count) => {
    const builder = new GraphBuilder('wide')
    const input = builder.input('x', shape)
    const values = Array.from({ length: count }, () => builder.node('Relu', [input]))
    return builder.build([join(builder, values)])
  }

export const longGraphs: Readonly<Record<string, LongGraph>> = {
  'Relu after Relu': chain((builder, value) => builder.node('Relu', [value])),
  'Identity after Identity': chain((builder, value) => builder.node('Identity', [value])),
  'Mul after Mul': chain((builder, value) => builder.node('Mul', [value, 'one'])),
  'Add after Add of a constant': chain((builder, value) => builder.node('Add', [value, 'half'])),
  'an Add of a value to itself, again and again': chain((builder, value) => builder.node('Add', [value, value])),
  'Clip after Clip': chain((builder, value) => builder.node('Clip', [value, 'half', 'one'])),
  'Clip after Clip of codes': codes((builder, value) => builder.node('Clip', [value, 'low', 'high'])),
  'Identity after Identity of codes': codes((builder, value) => builder.node('Identity', [value])),
  'LeakyRelu after LeakyRelu': chain((builder, value) => builder.node('LeakyRelu', [value])),
  'Sub of constants, folded': chain((builder, value, place) => {
    const folded = builder.node(
      'Sub',
      [place === 0 ? 'half' : `folded_${place - 1}`, 'one'],
      {},
      { outputs: [`folded_${place}`] },
    )
    return place % 2 === 0 ? builder.node('Mul', [value, folded]) : value
  }),
  'Transpose after Transpose': chain((builder, value) => builder.node('Transpose', [value], { perm: [0, 1, 3, 2] })),
  'Reshape after Reshape': chain((builder, value) => builder.node('Reshape', [value, 'shape'])),
  'Conv after Conv, one set of weights': chain((builder, value) => builder.node('Conv', [value, 'weights'])),
  'MaxPool after MaxPool': chain((builder, value) =>
    builder.node('MaxPool', [value], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  ),
  'Constant nodes without consumers': chain((builder, value) => {
    builder.node('Constant', [], { value: scalar(1) })
    return value
  }),
  'a fan joined by Concat': fan((builder, values) => builder.node('Concat', values, { axis: 1 })),
  'a fan joined by Concat and a convolution': fan((builder, values) => {
    const all = builder.node('Concat', values, { axis: 1 })
    const columns = 2 * values.length
    builder.constant('weights', tensorOf('float32', new Float32Array(2 * columns).fill(0.5), [2, columns, 1, 1]))
    return builder.node('Conv', [all, 'weights'])
  }),
  'a fan joined by Sum': fan((builder, values) => builder.node('Sum', values)),
  'a fan joined by Adds one after the other': fan((builder, values) =>
    values.reduce((sum, value) => builder.node('Add', [sum, value])),
  ),
  'a fan joined by Adds in a tree': fan((builder, values) => {
    let level = [...values]
    while (level.length > 1)
      level = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => {
        const [a, b] = level.slice(2 * at, 2 * at + 2)
        return b === undefined ? a! : builder.node('Add', [a!, b])
      })
    return level[0]!
  }),
  'a Split into many, joined again': (count) => {
    const builder = new GraphBuilder('split')
    const input = builder.input('x', [1, count, 1, 1])
    const outputs = Array.from({ length: count }, (_, at) => `part_${at}`)
    builder.node('Split', [input], { axis: 1, num_outputs: count }, { outputs })
    return builder.build([builder.node('Concat', outputs.toReversed(), { axis: 1 })])
  },
}
