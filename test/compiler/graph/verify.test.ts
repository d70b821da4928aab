// The laws of a graph: `verify` finds a violation of each and quotes the law.

import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { Graph, Node } from '../../../compiler/graph/graph.ts'
import { tensorOf, zeros } from '../../../compiler/graph/tensor.ts'
import { graphLaws, verify } from '../../../compiler/graph/verify.ts'
import { DlpError } from '../../../base/error.ts'

const graph = sound()

describe('verify', () => {
  it('accepts a valid graph and returns the type of every value', () => {
    expect(verify(graph).types.get('sum')).toEqual({ elementType: 'float32', shape: [1, 2, 3, 3] })
  })

  it('returns the values that depend on shapes only', () => {
    const builder = new GraphBuilder('shapes')
    const shape = builder.node('Shape', [builder.input('x', [2, 3, 4])])
    const last = builder.node('Gather', [shape, builder.constant('two', tensorOf('int64', [2], []))], { axis: 0 })
    const minus = builder.constant('minus', tensorOf('int64', [-1], [1]))
    const both = builder.node(
      'Concat',
      [minus, builder.node('Unsqueeze', [last, builder.constant('zero', tensorOf('int64', [0], [1]))])],
      { axis: 0 },
    )
    expect(builder.build([builder.node('Reshape', ['x', both])]).outputs[0]!.shape).toEqual([6, 4])
  })

  it.each([
    [
      'a value that is defined twice',
      graphLaws.singleAssignment,
      { ...graph, nodes: [...graph.nodes, { ...graph.nodes[0], name: 'again' }] },
    ],
    [
      'an input that is a constant too',
      graphLaws.singleAssignment,
      { ...graph, constants: new Map([['x', zeros('float32', [1])]]) },
    ],
    ['a node that reads what comes later', graphLaws.order, { ...graph, nodes: [...graph.nodes].reverse() }],
    [
      'a node that reads itself',
      graphLaws.order,
      withNode({ name: 'loop', inputs: ['loop_output', 'x'], outputs: ['loop_output'] }),
    ],
    [
      'a node that reads an undefined value',
      graphLaws.order,
      withNode({ name: 'lost', inputs: ['nothing', 'x'], outputs: ['y'] }),
    ],
    ['two nodes of one name', graphLaws.names, withNode({ name: 'relu', inputs: ['x', 'x'], outputs: ['y'] })],
    [
      'an input without a name',
      graphLaws.names,
      { ...graph, inputs: [...graph.inputs, { ...graph.inputs[0], name: '' }] },
    ],
    [
      'a constant that is a view',
      graphLaws.dense,
      { ...graph, constants: new Map([['c', zeros('float32', [4]).step(2)]]) },
    ],
    ['a graph without outputs', graphLaws.outputs, { ...graph, outputs: [] }],
    ['an output that nobody defines', graphLaws.outputs, { ...graph, outputs: [{ ...graph.outputs[0], name: 'y' }] }],
    [
      'an output of another shape',
      graphLaws.outputs,
      { ...graph, outputs: [{ ...graph.outputs[0], shape: [1, 2, 3] }] },
    ],
  ] as [string, string, Graph][])('refuses %s', (_, law, broken) => {
    expect(() => verify(broken)).toThrow(DlpError)
    expect(() => verify(broken)).toThrow(law)
  })
})

function sound(): Graph {
  const builder = new GraphBuilder('sound')
  const relu = builder.node('Relu', [builder.input('x', [1, 2, 3, 3])], {}, { name: 'relu' })
  return builder.build([builder.node('Add', [relu, 'x'], {}, { name: 'add', outputs: ['sum'] })])
}

function withNode(node: Omit<Node, 'op' | 'attributes'>): Graph {
  return { ...graph, nodes: [...graph.nodes, { op: 'Add', attributes: {}, ...node }] }
}
