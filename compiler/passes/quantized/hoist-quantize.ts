// Moves Quantize before operators that only select or move values, and removes it where its input is on the grid already.

import { elementAt } from '../../../base/defined.ts'
import type { Node } from '../../graph/graph.ts'
import { gridOf, isQuantize, isWithin, quantizeNode } from '../../graph/operators/grid.ts'
import { padValue } from '../../graph/operators/pad.ts'
import { GraphEditor } from '../editor.ts'
import type { Pass } from '../pass.ts'

/** Operators that may be applied before or after rounding: data movement, and the maximum, since rounding is monotonic. */
export const commutesWithRounding: readonly string[] = [
  'MaxPool',
  'Concat',
  'Slice',
  'Gather',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Pad',
]

export const hoistQuantize: Pass = {
  name: 'hoist-quantize',
  why: 'maps on a grid are pooled, concatenated and moved as codes, and parts that are on the grid already need no rounding',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (!isQuantize(node)) continue
      const before = editor.producer(elementAt(node.inputs, 0))
      if (before === undefined || editor.isEdited(before)) continue
      if (isQuantize(before) && isWithin(gridOf(before), gridOf(node))) editor.bypass(node)
      else if (commutesWithRounding.includes(before.op) && before.outputs.length === 1 && mayMove(editor, before, node))
        hoist(editor, before, node)
    }
    return editor.result()
  },
}

function mayMove(editor: GraphEditor, before: Node, node: Node): boolean {
  if (editor.singleUseProducer(elementAt(node.inputs, 0)) === undefined) return false
  if (before.op !== 'Pad') return true
  // The border must be the same before and after: 0, which must be a value of the grid.
  const { low, high, zeroPoint, rounding } = gridOf(node)
  return padValue(editor.call(before)) === 0 && low <= zeroPoint && zeroPoint <= high && rounding !== 'sign'
}

function hoist(editor: GraphEditor, before: Node, node: Node): void {
  const count = before.op === 'Concat' ? before.inputs.length : 1
  const quantised = before.inputs.slice(0, count).map((input, at) => {
    const name = editor.fresh(`${node.name}.${at}`)
    return quantizeNode(name, input, name, gridOf(node))
  })
  const inputs = [...quantised.flatMap(({ outputs }) => outputs), ...before.inputs.slice(count)]
  editor.replace([before, node], [...quantised, { ...before, inputs, outputs: node.outputs }])
}
