// Folds a zero Pad of rows and columns into the convolution or pool that reads it.

import { numberOf, numbersOf, stringOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { clipBounds } from '../graph/operators/activation.ts'
import { padValue, padWidths } from '../graph/operators/pad.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

export const foldPad: Pass = {
  name: 'fold-pad',
  why: 'a convolution pads for nothing, a Pad of its own writes a map',
  run: (graph) => {
    const editor = new Editor(graph)
    for (const node of graph.nodes) {
      const pad = ['Conv', 'MaxPool', 'AveragePool'].includes(node.op) ? editor.producer(node.inputs[0]) : undefined
      if (pad?.op !== 'Pad' || stringOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET') continue
      const widths = padWidths(editor.call(pad))
      if (widths === undefined || widths.length !== 4 || padValue(editor.call(pad)) !== 0) continue
      const spatial = widths.slice(0, 2).flat().every((width) => width === 0) // prettier-ignore
      if (!spatial || widths.flat().some((width) => width < 0) || !absorbs(editor, node, pad, widths)) continue
      const own = numbersOf(node, 'pads') ?? [0, 0, 0, 0]
      const pads = [widths[2][0] + own[0], widths[3][0] + own[1], widths[2][1] + own[2], widths[3][1] + own[3]]
      const inputs = [pad.inputs[0], ...node.inputs.slice(1)]
      const folded = { ...node, inputs, attributes: { ...node.attributes, pads } }
      if (editor.isAllowed(folded)) editor.replace([node], [folded])
    }
    return editor.result()
  },
}

/** True if the node's own padding would give what the zeros give. */
function absorbs(editor: Editor, node: Node, pad: Node, widths: readonly [number, number][]): boolean {
  if (node.op === 'Conv') return true
  const kernel = numbersOf(node, 'kernel_shape') ?? [1, 1]
  const unpadded = (numbersOf(node, 'pads') ?? []).every((own) => own === 0) && numberOf(node, 'ceil_mode', 0) === 0
  const undilated = (numbersOf(node, 'dilations') ?? []).every((dilation) => dilation === 1)
  const small = [0, 1].every((axis) => widths[2 + axis].every((width) => width < kernel[axis]))
  if (!unpadded || !undilated || !small) return false
  // An average that counts its padding counts zeros; a maximum ignores its padding, as it may ignore zeros if nothing is below.
  if (node.op === 'AveragePool') return numberOf(node, 'count_include_pad', 0) !== 0
  const source = editor.producer(pad.inputs[0])
  return source?.op === 'Relu' || (source?.op === 'Clip' && clipBounds(editor.call(source))[0] >= 0)
}
