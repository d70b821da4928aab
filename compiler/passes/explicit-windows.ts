// Writes out what Conv and the pools leave to defaults: kernel, pads, strides, dilations, group and bias.

import { elementAt } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Attributes, Node } from '../graph/graph.ts'
import { windowOf } from '../graph/operators/window.ts'
import { sameShape, zeros } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const explicitWindows: Pass = {
  name: 'explicit-windows',
  why: 'later stages read numbers, not rules for numbers',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (!['Conv', 'MaxPool', 'AveragePool'].includes(node.op)) continue
      const explicit = written(editor, node)
      // Padding that follows from auto_pad may be wider than a node may say.
      if (explicit !== undefined && editor.meetsConstraints(explicit)) editor.replace([node], [explicit])
    }
    return editor.result()
  },
}

/** The node with everything written out; undefined if it is so already, or if its average depends on how padding came about. */
function written(editor: GraphEditor, node: Node): Node | undefined {
  const { shape } = editor.type(elementAt(node.inputs, 0))
  const isConv = node.op === 'Conv'
  const kernel = isConv
    ? editor.type(elementAt(node.inputs, 1)).shape.slice(2)
    : (numbersOf(node, 'kernel_shape') ?? [])
  const { strides, dilations, before, after, declaredAfter } = windowOf(node, shape, kernel)
  const countsPadding = node.op === 'AveragePool' && numberOf(node, 'count_include_pad', 0) !== 0
  if (countsPadding && !sameShape(after, declaredAfter)) return undefined
  // Averages have dilations from operator set 19 on only.
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
