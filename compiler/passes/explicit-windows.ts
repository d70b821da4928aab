// Makes the defaults of Conv and the pools explicit: kernel, pads, strides, dilations, group and bias.

import { elementAt } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Attributes, Node } from '../graph/graph.ts'
import { windowOf } from '../graph/operators/window.ts'
import { sameShape, zeros } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const explicitWindows: Pass = {
  name: 'explicit-windows',
  why: 'later stages read attributes without defaults or automatic padding',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (!['Conv', 'MaxPool', 'AveragePool'].includes(node.op)) continue
      const explicit = written(editor, node)
      // Automatic padding may be wider than the constraints permit for explicit padding.
      if (explicit !== undefined && editor.meetsConstraints(explicit)) editor.replace([node], [explicit])
    }
    return editor.result()
  },
}

/** The node with explicit attributes; undefined if they are explicit already, or if its average counts padding of ceil_mode differently. */
function written(editor: GraphEditor, node: Node): Node | undefined {
  const { shape } = editor.type(elementAt(node.inputs, 0))
  const isConv = node.op === 'Conv'
  const kernel = isConv
    ? editor.type(elementAt(node.inputs, 1)).shape.slice(2)
    : (numbersOf(node, 'kernel_shape') ?? [])
  const { strides, dilations, before, after, declaredAfter } = windowOf(node, shape, kernel)
  const countsPadding = node.op === 'AveragePool' && numberOf(node, 'count_include_pad', 0) !== 0
  if (countsPadding && !sameShape(after, declaredAfter)) return undefined
  // AveragePool has dilations only from operator set 19 on.
  const isPlainAverage = node.op === 'AveragePool' && dilations.every((dilation) => dilation === 1)
  const attributes: Attributes = {
    ...(isPlainAverage ? {} : { dilations }),
    ...(isConv ? { group: numberOf(node, 'group', 1) } : {}),
    ...(countsPadding ? { count_include_pad: 1 } : {}),
    kernel_shape: [...kernel],
    pads: [...before, ...after],
    strides,
  }
  const hasBias = !isConv || (node.inputs[2] ?? '') !== ''
  if (hasBias && JSON.stringify(attributes) === JSON.stringify(node.attributes)) return undefined
  if (hasBias) return { ...node, attributes }
  const bias = editor.addConstant(
    `${node.name}.bias`,
    zeros('float32', editor.type(elementAt(node.inputs, 1)).shape.slice(0, 1)),
  )
  return { ...node, inputs: [...node.inputs.slice(0, 2), bias], attributes }
}
