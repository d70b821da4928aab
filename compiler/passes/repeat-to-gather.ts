// Writes an Expand or Tile that repeats channels as a Gather of them.

import { tensorOf } from '../graph/tensor.ts'
import { Editor } from './editor.ts'
import type { Pass } from './pass.ts'

/** No map has as many channels; a few bytes of a file can ask for them. */
const mostChannels = 2 ** 16

export const repeatToGather: Pass = {
  name: 'repeat-to-gather',
  why: 'a grey image is repeated to three channels, which their reader takes from one',
  rewrites: ['Expand', 'Tile'],
  run: (graph) => {
    const editor = new Editor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Expand' && node.op !== 'Tile') continue
      const [from, to] = [editor.type(node.inputs[0]).shape, editor.type(node.outputs[0]).shape]
      const isOfChannels = from.length === to.length && to.every((extent, axis) => (axis === 1) === (extent !== from[axis])) // prettier-ignore
      if (!isOfChannels || from[1] === 0 || to[1] > mostChannels) continue
      const places = Array.from({ length: to[1] }, (_, at) => at % from[1])
      const indices = editor.define(`${node.name}.channels`, tensorOf('int64', places, [places.length]))
      editor.replace([node], [{ ...node, op: 'Gather', inputs: [node.inputs[0], indices], attributes: { axis: 1 } }])
    }
    return editor.result()
  },
}
