// Rewrites a MatMul with constant weights, and an Add of a constant bias, as Gemm.

import { elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { isWeights } from '../graph/operators/grid.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const matMulToGemm: Pass = {
  name: 'matmul-to-gemm',
  why: 'a fully connected layer has one form, which includes its bias',
  rewrites: ['MatMul'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) if (node.op === 'Add') addBias(editor, node)
    for (const node of graph.nodes) if (isLayer(editor, node)) editor.replace([node], [{ ...node, op: 'Gemm' }])
    return editor.result()
  },
}

function isLayer(editor: GraphEditor, { op, inputs }: Node): boolean {
  const isConstant = editor.constant(inputs[1]) !== undefined || isWeights(editor.producer(inputs[1] ?? ''))
  return op === 'MatMul' && isConstant && inputs.slice(0, 2).every((name) => editor.type(name).shape.length === 2)
}

/** MatMul, or Gemm without C, then Add of a constant that broadcasts to its shape: the constant becomes C. */
function addBias(editor: GraphEditor, add: Node): void {
  const [first, second] = elements(add.inputs, 2)
  const [output] = elements(add.outputs, 1)
  for (const [value, bias] of [
    [first, second],
    [second, first],
  ] as const) {
    const gemm = editor.singleUseProducer(value)
    const constant = editor.constant(bias)
    const isOpen = gemm !== undefined && (isLayer(editor, gemm) || (gemm.op === 'Gemm' && gemm.inputs.length === 2))
    if (!isOpen || constant === undefined) continue
    if (editor.type(output).shape.length !== 2) continue
    if (editor.type(output).shape.join() !== editor.type(value).shape.join()) continue
    const attributes = { ...gemm.attributes, beta: 1 }
    editor.replace(
      [gemm, add],
      [{ ...gemm, op: 'Gemm', inputs: [...gemm.inputs, bias], outputs: add.outputs, attributes }],
    )
    return
  }
}
