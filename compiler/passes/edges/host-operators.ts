// Softmax and its relatives at the end are left to the host.

import { elements } from '../../../base/defined.ts'
import { isQuantize } from '../../graph/operators/grid.ts'
import { type Edge, endingAt, lastNodes, nodeBefore } from './edge.ts'
import { movers } from './last-moves.ts'

/** What the host may do behind the last layer, and the warning for each. */
export const hostOperators: Readonly<Record<string, string>> = {
  Softmax: 'the classes stand in the same order; apply it outside for shares',
  LogSoftmax: 'the classes stand in the same order; apply it outside for logarithms of shares',
  Sigmoid: 'what is greater stays greater; apply it outside for shares',
}

export const hostOperatorsLast: Edge = {
  name: 'host-operators',
  why: 'a layer has no table of values, and the order of the classes is the same without them',
  run: (graph) => {
    const behind = lastNodes(graph, (node) => movers.includes(node.op) || isQuantize(node))
    const host = nodeBefore(graph, behind)
    if (host === undefined || !Object.hasOwn(hostOperators, host.op) || host.domain !== undefined) return graph
    const [output] = elements(graph.outputs, 1)
    // Codes of shares are none of what enters the operator.
    const dropped = [host, ...behind.filter(isQuantize)]
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
    const says = `output '${output.name}' is what enters the model's last `
    const warning = `${says}${host.op}: ${hostOperators[host.op]}`
    // Of several one after the other the first is what counts.
    const others = graph.warnings.filter((each) => !each.startsWith(says))
    return { ...ended, host: { ...graph.host, isCut: true }, warnings: [...others, warning] }
  },
}
