// Canonicalises every Gemm with constant weights: weights [outputs, inputs], transB 1, alpha and beta folded, bias [outputs] present.

import { elementAt } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { transposed } from '../graph/operators/matrix.ts'
import { type Tensor, tensor } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const normaliseGemm: Pass = {
  name: 'normalise-gemm',
  why: 'a row of weights for each output becomes a sparse row of the machine',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'Gemm' || numberOf(node, 'transA', 0) !== 0) continue
      const weights = editor.constant(node.inputs[1])
      const bias = node.inputs[2] ? editor.constant(node.inputs[2]) : undefined
      if (weights === undefined || (node.inputs[2] && bias === undefined) || isNormal(node, weights, bias)) continue
      const outputs = elementAt(editor.type(elementAt(node.outputs, 0)).shape, 1)
      // No layer has a bias that differs between the rows of a batch: such a Gemm stays as it is.
      const shift = rowBias(bias, outputs, numberOf(node, 'beta', 1))
      if (shift !== undefined) editor.replace([node], [normal(editor, node, weights, shift)])
    }
    return editor.result()
  },
}

function isNormal({ attributes }: Node, weights: Tensor, bias: Tensor | undefined): boolean {
  const plain = Object.keys(attributes).join() === 'transB' && attributes['transB'] === 1
  return plain && bias?.shape.length === 1 && bias.shape[0] === weights.shape[0]
}

function rowBias(bias: Tensor | undefined, outputs: number, beta: number): Float32Array | undefined {
  if (bias === undefined) return new Float32Array(outputs)
  if (bias.size === 1) return new Float32Array(outputs).fill(beta * elementAt(bias.data, 0))
  return bias.size === outputs && bias.shape.at(-1) === outputs
    ? Float32Array.from(bias.data, (x) => beta * x)
    : undefined
}

function normal(editor: GraphEditor, node: Node, weights: Tensor, bias: Float32Array): Node {
  const alpha = numberOf(node, 'alpha', 1)
  const rows = numberOf(node, 'transB', 0) === 0 ? transposed(weights) : weights
  const data = new Float32Array(rows.size)
  for (let at = 0; at < data.length; at++) data[at] = alpha * rows.data[at]!
  const weightName = editor.addConstant(`${node.name}.weight`, tensor(data, rows.shape))
  const biasName = editor.addConstant(`${node.name}.bias`, tensor(bias, [bias.length]))
  return { ...node, inputs: [elementAt(node.inputs, 0), weightName, biasName], attributes: { transB: 1 } }
}
