// Rewrites nodes of older operator sets whose definition has changed since.

import type { Node } from '../graph/graph.ts'
import { softmaxAlongOneAxis } from '../graph/operators/softmax.ts'

/**
 * A node upgraded to the newest operator set.
 *
 * @param fresh returns a name that is not used in the graph
 */
export function upgradeNode(node: Node, opset: number, fresh: (hint: string) => string): readonly Node[] {
  const isSoftmax = (node.op === 'Softmax' || node.op === 'LogSoftmax') && node.domain === undefined
  const isOlder = opset < softmaxAlongOneAxis && isSoftmax
  return isOlder ? flattened(node, fresh) : [node]
}

/** Flatten, the operator along the rows, and a Reshape to the original shape, as ONNX's version converter writes it. */
function flattened(node: Node, fresh: (hint: string) => string): readonly Node[] {
  const { name, inputs, outputs, attributes } = node
  const [shape, matrix, rows] = [fresh(`${name}.shape`), fresh(`${name}.matrix`), fresh(`${name}.rows`)]
  const axis = attributes['axis'] ?? 1
  return [
    { name: shape, op: 'Shape', inputs, outputs: [shape], attributes: {} },
    { name: matrix, op: 'Flatten', inputs, outputs: [matrix], attributes: { axis } },
    { name, op: node.op, inputs: [matrix], outputs: [rows], attributes: { axis: -1 } },
    { name: rows, op: 'Reshape', inputs: [rows, shape], outputs, attributes: {} },
  ]
}
