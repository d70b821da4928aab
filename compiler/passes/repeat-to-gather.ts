// Rewrites an Expand or Tile along the channels as a Gather.

import { elementAt, elements } from '../../base/defined.ts'
import { tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

/** More channels than any map has: a few bytes of a file can request any number. */
const mostChannels = 2 ** 16

export const repeatToGather: Pass = {
  name: 'repeat-to-gather',
  why: 'a grey image is repeated to three channels, all of which a layer can read from the one',
  rewrites: ['Expand', 'Tile'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Expand' && node.op !== 'Tile') continue
      const [input] = elements(node.inputs, 1)
      const [from, to] = [editor.type(input).shape, editor.type(elementAt(node.outputs, 0)).shape]
      const isOfChannels =
        from.length === to.length && to.every((extent, axis) => (axis === 1) === (extent !== from[axis]))
      const [before, after] = [from[1], to[1]]
      if (!isOfChannels || before === undefined || after === undefined || before === 0 || after > mostChannels) continue
      const places = Array.from({ length: after }, (_, at) => at % before)
      const indices = editor.addConstant(`${node.name}.channels`, tensorOf('int64', places, [places.length]))
      editor.replace([node], [{ ...node, op: 'Gather', inputs: [input, indices], attributes: { axis: 1 } }])
    }
    return editor.result()
  },
}
