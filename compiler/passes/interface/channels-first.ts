// Changes an input with channels last to channels first.

import { elementAt, elements } from '../../../base/defined.ts'
import { numbersOf } from '../../graph/attributes.ts'
import { type Graph, consumers } from '../../graph/graph.ts'
import { Names } from '../../graph/names.ts'
import { elementwise } from '../sink-transposes.ts'
import type { InterfaceRewrite } from './interface-rewrite.ts'

const order = '0,3,1,2'

/** The input gets the order of the Transposes that read it, if all of its consumers can be changed to that order. */
export const channelsFirst: InterfaceRewrite = {
  name: 'channels-first',
  why: 'the machine stores maps channel by channel, and a caller can supply the image in that order',
  run: (graph) => {
    const [input, ...others] = graph.inputs
    if (input === undefined || others.length > 0 || input.shape.length !== 4 || !isTransposed(graph, input.name))
      return graph
    // Input steps with a number for each index of axis 1 refer to the present order of the input.
    if (graph.host?.inputSteps?.some(({ by }) => by.length > 1) === true) return graph
    const [batch, height, width, channels] = elements(input.shape, 4)
    const names = new Names([
      ...graph.constants.keys(),
      ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
    ])
    const value = names.fresh(`${input.name}.channels_last`)
    graph.origins?.addValue(value, input.name)
    graph.origins?.addNode(value, { op: 'Transpose', output: input.name })
    const back = {
      name: value,
      op: 'Transpose',
      inputs: [input.name],
      outputs: [value],
      attributes: { perm: [0, 2, 3, 1] },
    }
    const renamed = (name: string) => (name === input.name ? value : name)
    const arrangement = { split: [channels, height * width], order: [1, 0], shape: [height, width, channels] }
    return {
      ...graph,
      host: { ...graph.host, inputArrangement: arrangement },
      inputs: [{ ...input, shape: [batch, channels, height, width] }],
      nodes: [back, ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }))],
      warnings: [
        ...graph.warnings,
        `input '${input.name}' is [${input.shape.join(',')}] in the model; the program takes it with channels first, [${[batch, channels, height, width].join(',')}]`,
      ],
    }
  },
}

/** True if every chain of consumers of a value consists of elementwise operators and operators on axes, and ends in a Transpose to channels first. */
function isTransposed(graph: Graph, name: string): boolean {
  const readers = consumers(graph)
  const outputs = new Set(graph.outputs.map((output) => output.name))
  const open = [name]
  let found = false
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (outputs.has(value)) return false
    for (const node of readers.get(value) ?? []) {
      if (node.op === 'Transpose' && numbersOf(node, 'perm')?.join() === order) found = true
      else if (elementwise.includes(node.op) || ['Pad', 'Slice', 'Gather', 'Expand', 'Tile'].includes(node.op))
        open.push(elementAt(node.outputs, 0))
      else return false
    }
  }
  return found
}
