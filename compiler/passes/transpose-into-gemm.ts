// Folds a Transpose of a map that is flattened into the columns of the consuming Gemm's weights.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { permuted } from '../graph/operators/rearrange.ts'
import { reshaped, sizeOf, tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'
import { inverse, transposedBy } from './transposes.ts'

export const transposeIntoGemm: Pass = {
  name: 'transpose-into-gemm',
  why: 'a channels-last network flattens its last map in another order; permuting the weights costs no cycles',
  rewrites: ['Transpose'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const by = node.op === 'Gemm' && numberOf(node, 'transB', 0) === 1 ? folded(editor, node) : undefined
      if (by !== undefined) editor.replace([node], by)
    }
    return editor.result()
  },
}

function folded(editor: GraphEditor, gemm: Node): Node[] | undefined {
  const [input] = elements(gemm.inputs, 1)
  const flat = editor.producer(input)
  const weights = editor.constant(gemm.inputs[1])
  const transposed = flat && ['Flatten', 'Reshape'].includes(flat.op) && transposedBy(editor, elementAt(flat.inputs, 0))
  if (!flat || !transposed || weights === undefined || numberOf(gemm, 'transA', 0) !== 0) return undefined
  const { shape } = editor.type(elementAt(flat.inputs, 0))
  const [rows, columns] = editor.type(input).shape
  if (rows !== 1 || columns !== sizeOf(shape) || shape.length >= 8) return undefined
  const wide = reshaped(weights, [...weights.shape.slice(0, 1), ...shape])
  const back = permuted(wide, [0, ...inverse(transposed.order).map((axis) => axis + 1)])
  const name = editor.addConstant(`${gemm.name}.transposed`, reshaped(back, weights.shape))
  const list = editor.addConstant(`${gemm.name}.shape`, tensorOf('int64', [1, columns], [2]))
  const vector = editor.fresh(`${gemm.name}.vector`)
  return [
    { name: vector, op: 'Reshape', inputs: [transposed.input, list], outputs: [vector], attributes: {} },
    { ...gemm, inputs: [vector, name, ...gemm.inputs.slice(2)] },
  ]
}
