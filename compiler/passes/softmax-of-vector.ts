// Rewrites a Softmax between two reshapes, the meaning of older operator sets, as one along an axis of the value itself.

import { elementAt, elements } from '../../base/defined.ts'
import { axisOf } from '../graph/operators/support.ts'
import { numberOf } from '../graph/attributes.ts'
import { sameShape, sizeOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

const reshapes = ['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']

export const softmaxOfVector: Pass = {
  name: 'softmax-of-vector',
  why: 'before operator set 13, Softmax flattened all axes from `axis` on; usually only one of them is longer than 1',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const softmax = reshapes.includes(node.op) ? editor.singleUseProducer(elementAt(node.inputs, 0)) : undefined
      const before =
        softmax !== undefined && ['Softmax', 'LogSoftmax'].includes(softmax.op)
          ? editor.singleUseProducer(elementAt(softmax.inputs, 0))
          : undefined
      if (softmax === undefined || before === undefined || !reshapes.includes(before.op)) continue
      const [value] = elements(before.inputs, 1)
      const [{ shape }, rows] = [editor.type(value), editor.type(elementAt(softmax.inputs, 0)).shape]
      const last = axisOf(numberOf(softmax, 'axis', -1), rows.length) === rows.length - 1
      const axis = shape.findIndex((extent, at) => extent === rows.at(-1) && sizeOf(shape.slice(at + 1)) === 1)
      if (!last || axis < 0 || !sameShape(shape, editor.type(elementAt(node.outputs, 0)).shape)) continue
      const whole = { ...softmax, inputs: [value], outputs: node.outputs, attributes: { axis } }
      editor.replace([before, softmax, node], [whole])
    }
    return editor.result()
  },
}
