// Moves Quantize in front of the operators that only choose or move values, and drops it where nothing is left to round.

import { elementAt } from '../../../base/defined.ts'
import type { Node } from '../../graph/graph.ts'
import { gridOf, isQuantize, isWithin, quantizeNode } from '../../graph/operators/grid.ts'
import { padValue } from '../../graph/operators/pad.ts'
import { GraphEditor } from '../editor.ts'
import type { Pass } from '../pass.ts'

/** A maximum may be taken before or after rounding, since neither changes an order. */
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
  why: 'a map on a grid pools, joins and moves as codes, and parts that are on the grid already need no rounding at all',
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
  // What is added has to be the same before and after: 0 with a code of its own.
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
