// Removes nodes whose output is equal to their input.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { broadcastShape } from '../graph/operators/broadcast.ts'
import { sameShape } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import { broadcasting } from './narrow-constants.ts'
import type { Pass } from './pass.ts'

export const dropIdentities: Pass = {
  name: 'drop-identities',
  why: 'training and export leave nodes that compute nothing at inference',
  rewrites: ['Identity', 'Dropout', 'Cast', 'CastLike', 'Expand', 'Tile'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) if (isIdentity(editor, node)) editor.bypass(node)
    return editor.result()
  },
}

function isIdentity(editor: GraphEditor, node: Node): boolean {
  const [input] = node.inputs
  if (input === undefined || input === '') return false
  const [output] = elements(node.outputs, 1)
  const sameType =
    sameShape(editor.type(input).shape, editor.type(output).shape) &&
    editor.type(input).elementType === editor.type(output).elementType
  if (!sameType)
    return node.op === 'Expand' && editor.constant(input) !== undefined && isBroadcastByConsumers(editor, input, output)
  switch (node.op) {
    case 'Dropout':
      return node.outputs.slice(1).every((mask) => !editor.isUsed(mask))
    case 'Slice': // The shape is the same, so all elements remain; their order must be the same as well.
      return (editor.call(node).values[4]?.data ?? []).every((step) => step > 0)
    case 'Identity':
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Cast':
    case 'CastLike':
    case 'Expand':
    case 'Tile':
      return true
    case 'Pad':
      return (editor.call(node).values[1]?.data ?? numbersOf(node, 'pads') ?? [1]).every((pad) => pad === 0)
    case 'Concat':
      return node.inputs.length === 1
    case 'Transpose':
      return (numbersOf(node, 'perm') ?? [1]).every((axis, at) => axis === at)
    case 'Clip': {
      const call = editor.call(node)
      const known = call.types.every((type, at) => at === 0 || type === undefined || call.values[at] !== undefined)
      const [least, greatest] = clipBounds(call)
      return known && least === -Infinity && greatest === Infinity
    }
    case 'MaxPool':
    case 'AveragePool':
      return (
        (numbersOf(node, 'kernel_shape') ?? []).every((extent) => extent === 1) && numberOf(node, 'ceil_mode', 0) === 0
      )
    default:
      return false
  }
}

/** True if all consumers of an expanded constant are arithmetic that broadcasts its input to the same shape, because of another operand. */
function isBroadcastByConsumers(editor: GraphEditor, input: string, output: string): boolean {
  const readers = editor.consumers(output)
  return (
    !editor.isOutput(output) &&
    readers.length > 0 &&
    readers.every((reader) => {
      if (!broadcasting.includes(reader.op) || (reader.op === 'PRelu' && reader.inputs[0] === output)) return false
      // Another such Expand may be removed as well.
      const shapes = reader.inputs.map(
        (name) => editor.type(name === output ? input : beforeExpand(editor, name)).shape,
      )
      const shape = shapes.reduce<readonly number[] | undefined>((all, each) => all && broadcastShape(all, each), [])
      return shape !== undefined && sameShape(shape, editor.type(elementAt(reader.outputs, 0)).shape)
    })
  )
}

/** The constant from which a value is expanded; the value itself if it is not expanded. */
function beforeExpand(editor: GraphEditor, name: string): string {
  const node = editor.producer(name)
  const [input] = node?.op === 'Expand' ? node.inputs : []
  return input !== undefined && editor.constant(input) !== undefined ? input : name
}
