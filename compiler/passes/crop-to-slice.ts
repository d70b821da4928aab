// Rewrites a Pad with negative widths as a Slice, followed by a Pad if other widths are positive.

import { elementAt, elements } from '../../base/defined.ts'
import { padMode, padWidths } from '../graph/operators/pad.ts'
import { tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import { sliceNode } from './merge-slices.ts'
import type { Pass } from './pass.ts'

export const cropToSlice: Pass = {
  name: 'crop-to-slice',
  why: 'converters write a crop as a Pad with negative widths',
  rewrites: ['Pad'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const widths = node.op === 'Pad' && padMode(node) === 'constant' ? padWidths(editor.call(node)) : undefined
      if (widths === undefined || widths.flat().every((width) => width >= 0)) continue
      const [input] = elements(node.inputs, 1)
      const { shape } = editor.type(input)
      const ranges = widths.map(([before, after], axis) => {
        const [first, last] = [Math.max(0, -before), Math.max(0, -after)]
        return { start: first, step: 1, count: elementAt(shape, axis) - first - last }
      })
      // One side removes more than the axis has, so that the result is part of the border.
      if (ranges.some(({ count }) => count < 1)) continue
      const part = editor.fresh(`${node.name}.part`)
      const name = editor.fresh(`${node.name}.crop`)
      const list = [...widths.map(([before]) => Math.max(0, before)), ...widths.map(([, after]) => Math.max(0, after))]
      const slice = { ...sliceNode(editor, { ...node, name }, input, ranges), op: 'Slice' }
      if (list.every((width) => width === 0)) {
        editor.replace([node], [slice])
        continue
      }
      const pads = editor.addConstant(`${node.name}.pads`, tensorOf('int64', list, [list.length]))
      const { pads: _, ...attributes } = node.attributes
      const pad = { ...node, inputs: [part, pads, ...node.inputs.slice(2, 3)], attributes }
      editor.replace([node], [{ ...slice, outputs: [part] }, pad])
    }
    return editor.result()
  },
}
