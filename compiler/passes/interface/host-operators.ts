// Leaves Softmax and similar operators at the end of a graph to the host.

import { elements } from '../../../base/defined.ts'
import { isQuantize } from '../../graph/operators/grid.ts'
import { type InterfaceRewrite, endingAt, lastNodes, producerBefore } from './interface-rewrite.ts'
import { arrangingOperators } from './output-arrangement.ts'

/** Operators that the host may compute after the last layer, each with the text of its warning. */
export const hostOperators: Readonly<Record<string, string>> = {
  Softmax: 'the order of the classes is the same; apply it on the host for probabilities',
  LogSoftmax: 'the order of the classes is the same; apply it on the host for log-probabilities',
  Sigmoid: 'the order of the values is the same; apply it on the host for probabilities',
}

export const hostOutputOperators: InterfaceRewrite = {
  name: 'host-operators',
  why: 'a layer has no lookup table, and these operators do not change the order of the classes',
  run: (graph) => {
    const after = lastNodes(graph, (node) => arrangingOperators.includes(node.op) || isQuantize(node))
    const host = producerBefore(graph, after)
    if (host === undefined || !Object.hasOwn(hostOperators, host.op) || host.domain !== undefined) return graph
    const [output] = elements(graph.outputs, 1)
    // The codes of the operator's output are not codes of its input.
    const dropped = [host, ...after.filter(isQuantize)]
    const alias = new Map(dropped.map(({ inputs, outputs }) => [outputs[0], inputs[0]]))
    const resolved = (name: string): string => {
      let found = name
      for (let next = alias.get(found); next !== undefined; next = alias.get(found)) found = next
      return found
    }
    const nodes = graph.nodes.flatMap((node) =>
      dropped.includes(node) ? [] : [{ ...node, inputs: node.inputs.map(resolved) }],
    )
    const last = resolved(output.name)
    const cut = { ...graph, nodes }
    const ended = last === output.name ? cut : endingAt(cut, last, [])
    if (ended === undefined) return graph
    const prefix = `output '${output.name}' is the input of the model's last `
    const warning = `${prefix}${host.op}: ${hostOperators[host.op]}`
    // Of several consecutive operators, only the first is named.
    const others = graph.warnings.filter((each) => !each.startsWith(prefix))
    return { ...ended, host: { ...graph.host, isTruncated: true }, warnings: [...others, warning] }
  },
}
