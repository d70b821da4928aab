// Writes BatchNormalization as Mul and Add of a constant per channel.

import { numberOf } from '../../graph/attributes.ts'
import { channelAffine } from '../../graph/operators/normalization.ts'
import { tensor } from '../../graph/tensor.ts'
import { Editor } from '../editor.ts'
import type { Pass } from '../pass.ts'

export const batchNormToAffine: Pass = {
  name: 'batch-norm-to-affine',
  why: 'folded into given integer weights it would change them; as a factor of the row’s unit it changes nothing',
  run: (graph) => {
    const editor = new Editor(graph)
    for (const node of graph.nodes) {
      const parameters = node.inputs.slice(1).map((name) => editor.constant(name))
      if (node.op !== 'BatchNormalization' || !parameters.every((value) => value !== undefined)) continue
      const { factor, offset } = channelAffine(parameters, numberOf(node, 'epsilon', 1e-5))
      const rank = editor.type(node.inputs[0]).shape.length
      const shape = [factor.length, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]
      const factors = editor.define(`${node.name}.factor`, tensor(Float32Array.from(factor), shape))
      const offsets = editor.define(`${node.name}.offset`, tensor(Float32Array.from(offset), shape))
      const scaled = editor.fresh(`${node.name}.scaled`)
      editor.replace(
        [node],
        [
          { name: scaled, op: 'Mul', inputs: [node.inputs[0], factors], outputs: [scaled], attributes: {} },
          { ...node, op: 'Add', inputs: [scaled, offsets], attributes: {} },
        ],
      )
    }
    return editor.result()
  },
}
