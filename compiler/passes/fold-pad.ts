// Folds a Pad of rows and columns into the convolution or pool that reads it.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf, numbersOf, stringOf } from '../graph/attributes.ts'
import type { Attributes, Node } from '../graph/graph.ts'
import { inferCall } from '../graph/operator.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { gridDomain, gridOf } from '../graph/operators/grid.ts'
import { padMode, padValue, padWidths } from '../graph/operators/pad.ts'
import { requireOperator } from '../graph/infer-types.ts'
import { sameShape } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const foldPad: Pass = {
  name: 'fold-pad',
  why: 'padding of a convolution costs no cycles; a separate Pad writes a map',
  rewrites: ['Pad'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const pad = ['Conv', 'MaxPool', 'AveragePool'].includes(node.op)
        ? editor.producer(elementAt(node.inputs, 0))
        : undefined
      if (pad?.op !== 'Pad' || padMode(pad) !== 'constant') continue
      if (!['NOTSET', 'VALID'].includes(stringOf(node, 'auto_pad', 'NOTSET'))) continue
      const widths = padWidths(editor.call(pad))
      if (widths === undefined || widths.length !== 4 || widths.flat().some((width) => width < 0)) continue
      const isSpatial = widths
        .slice(0, 2)
        .flat()
        .every((width) => width === 0)
      const absorbed = isSpatial ? foldedAttributes(editor, node, pad) : undefined
      if (absorbed === undefined) continue
      const own = numbersOf(node, 'pads') ?? [0, 0, 0, 0]
      const [top, left, bottom, right] = elements(own, 4)
      const [, , rows, columns] = elements(widths, 4)
      const pads = [rows[0] + top, columns[0] + left, rows[1] + bottom, columns[1] + right]
      const { auto_pad: _, ...attributes } = node.attributes
      const inputs = [elementAt(pad.inputs, 0), ...node.inputs.slice(1)]
      const folded = { ...node, inputs, attributes: { ...attributes, ...absorbed, pads } }
      if (!editor.meetsConstraints(folded)) continue
      const [{ shape }] = elements(inferCall(requireOperator(folded), editor.call(folded)), 1)
      if (sameShape(shape, editor.type(elementAt(node.outputs, 0)).shape)) editor.replace([node], [folded])
    }
    return editor.result()
  },
}

/** The attributes with which the node's own padding is equivalent to the Pad; undefined if there are none. */
function foldedAttributes(editor: GraphEditor, node: Node, pad: Node): Attributes | undefined {
  const value = padValue(editor.call(pad))
  if (node.op === 'Conv') return value === 0 ? {} : undefined
  if ((numbersOf(node, 'dilations') ?? []).some((dilation) => dilation !== 1)) return undefined
  // A maximum ignores padding, and likewise a border that is not greater than any element of the map.
  if (node.op === 'MaxPool') return value <= lowerBoundOf(editor, elementAt(pad.inputs, 0)) ? {} : undefined
  // An average that counts its padding counts zeros; one without padding of its own can be made to count the folded one.
  const isUnpadded = (numbersOf(node, 'pads') ?? []).every((own) => own === 0)
  const counts = isUnpadded || numberOf(node, 'count_include_pad', 0) !== 0
  return value === 0 && counts && numberOf(node, 'ceil_mode', 0) === 0 ? { count_include_pad: 1 } : undefined
}

/** The least finite float32. */
const lowest = -(2 - 2 ** -23) * 2 ** 127
/** The length of the chain of data-movement nodes that is followed. */
const mostMoves = 8

/** A lower bound of a value's elements, from its producers; else that of float32. */
function lowerBoundOf(editor: GraphEditor, name: string): number {
  let value = name
  for (let moves = 0; moves < mostMoves; moves++) {
    const node = editor.producer(value)
    if (node === undefined) break
    if (node.op === 'Relu') return 0
    if (node.op === 'Clip') return Math.max(lowest, clipBounds(editor.call(node))[0])
    if (node.op === 'Quantize' && node.domain === gridDomain)
      return Math.fround((gridOf(node).low - gridOf(node).zeroPoint) * gridOf(node).scale)
    if (!['MaxPool', 'Slice', 'Split', 'Gather', 'Reshape', 'Transpose', 'Identity'].includes(node.op)) break
    value = elementAt(node.inputs, 0)
  }
  return lowest
}
