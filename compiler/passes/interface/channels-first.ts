// An image with channels last becomes one with channels first.

import { elementAt, elements } from '../../../base/defined.ts'
import { numbersOf } from '../../graph/attributes.ts'
import { type Graph, consumers } from '../../graph/graph.ts'
import { Names } from '../../graph/names.ts'
import { elementwise } from '../sink-transposes.ts'
import type { InterfaceRewrite } from './interface-rewrite.ts'

const order = '0,3,1,2'

/** The input in the order that its first Transpose gives it, if nothing else reads it in its own order. */
export const channelsFirst: InterfaceRewrite = {
  name: 'channels-first',
  why: 'the machine keeps maps channel by channel, and a caller may as well give the image so',
  run: (graph) => {
    const [input, ...others] = graph.inputs
    if (input === undefined || others.length > 0 || input.shape.length !== 4 || !isTransposed(graph, input.name))
      return graph
    // Steps with a number for each place of axis 1 were taken of the order that the input has now.
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
    const taken = { split: [channels, height * width], order: [1, 0], shape: [height, width, channels] }
    return {
      ...graph,
      host: { ...graph.host, inputArrangement: taken },
      inputs: [{ ...input, shape: [batch, channels, height, width] }],
      nodes: [back, ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }))],
      warnings: [
        ...graph.warnings,
        `input '${input.name}' is [${input.shape.join(',')}] in the model; the program takes it with channels first, [${[batch, channels, height, width].join(',')}]`,
      ],
    }
  },
}

/** True if all that reads the value, at every place alike, ends in a Transpose that puts the channels first. */
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
