// What the edges of a graph become on the machine: channels before pixels at the input, and no Softmax at the output.

import { DlpError } from '../../base/error.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import { type Graph, type Value, consumers, producers } from '../graph/graph.ts'
import { Names } from '../graph/names.ts'
import { placewise } from './sink-transposes.ts'
import { simplify } from './simplify.ts'

/** Operators that only an edge of the graph may have, and what becomes of them there. */
export const edgeOperators: Readonly<Record<string, string>> = {
  Softmax: 'as the last node it is left to the host, with a warning',
  Transpose: 'of an image with channels last it becomes part of the interface, with a warning',
}

/**
 * A simplified graph as the machine takes and gives it. An image [1, height, width, channels] becomes [1, channels, height, width], and
 * a Softmax at the end is left to the host; each with a warning, since both change what a caller supplies or gets.
 *
 * @param again what makes the changed graph simple
 * @throws DlpError for an input that is not of floats
 */
export function machineInterface(graph: Graph, again: (graph: Graph) => Graph = simplify): Graph {
  const changed = withoutSoftmax(withChannelsFirst(withFloats(graph)))
  for (const { name, elementType } of changed.inputs)
    if (elementType !== 'float32')
      throw new DlpError({
        where: `input '${name}'`,
        what: `its element type is ${elementType}`,
        allowed: 'float32, or whole numbers that are cast to float32 before anything else',
        help: 'export the model with a float input',
      })
  return changed === graph ? graph : again(changed)
}

/** An input of whole numbers that is only cast to float32, as one of floats: the values are the same. */
function withFloats(graph: Graph): Graph {
  const readers = consumers(graph)
  const isCast = ({ name, elementType }: Value) =>
    elementType !== 'float32' &&
    readers.get(name)?.every((node) => node.op === 'Cast' && numberOf(node, 'to', 0) === float32) === true
  const cast = graph.inputs.filter(isCast)
  if (cast.length === 0) return graph
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (cast.includes(input) ? { ...input, elementType: 'float32' } : input)),
    warnings: [
      ...graph.warnings,
      ...cast.map(
        ({ name, elementType }) => `input '${name}' is ${elementType} in the model; the program takes floats`,
      ),
    ],
  }
}

/** ONNX's number of the type. */
const float32 = 1

const channelsFirst = '0,3,1,2'

/** The input in the order that its first Transpose gives it, if nothing else reads it in its own order. */
function withChannelsFirst(graph: Graph): Graph {
  const [input] = graph.inputs
  if (graph.inputs.length !== 1 || input.shape.length !== 4 || !isTransposed(graph, input.name)) return graph
  const [batch, height, width, channels] = input.shape
  const names = new Names([
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ])
  const value = names.fresh(`${input.name}.channels_last`)
  graph.origins?.addValue(value, input.name)
  graph.origins?.addNode(value, { op: 'Transpose', output: input.name })
  const back = { name: value, op: 'Transpose', inputs: [input.name], outputs: [value], attributes: { perm: [0, 2, 3, 1] } } // prettier-ignore
  const renamed = (name: string) => (name === input.name ? value : name)
  return {
    ...graph,
    inputs: [{ ...input, shape: [batch, channels, height, width] }],
    nodes: [back, ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }))],
    warnings: [
      ...graph.warnings,
      `input '${input.name}' is [${input.shape.join(',')}] in the model; the program takes it with channels first, [${[batch, channels, height, width].join(',')}]`, // prettier-ignore
    ],
  }
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
      if (node.op === 'Transpose' && numbersOf(node, 'perm')?.join() === channelsFirst) found = true
      else if (placewise.includes(node.op) || ['Pad', 'Slice', 'Gather'].includes(node.op)) open.push(node.outputs[0])
      else return false
    }
  }
  return found
}

/** The output before a Softmax over its only long axis: the order of the classes is the same. */
function withoutSoftmax(graph: Graph): Graph {
  const made = producers(graph)
  const [output] = graph.outputs
  const softmax = made.get(output.name)
  const logits = softmax?.inputs[0] ?? ''
  const before = made.get(logits)
  if (graph.outputs.length !== 1 || softmax?.op !== 'Softmax' || before === undefined) return graph
  if (consumers(graph).get(logits)?.length !== 1 || output.shape.filter((extent) => extent > 1).length > 1) return graph
  const nodes = graph.nodes.flatMap((node) => {
    if (node === softmax) return []
    return [node === before ? { ...node, outputs: node.outputs.map((name) => (name === logits ? output.name : name)) } : node] // prettier-ignore
  })
  const warning = `output '${output.name}' is what enters the model's last Softmax: the classes stand in the same order; apply it outside for shares` // prettier-ignore
  return { ...graph, nodes, warnings: [...graph.warnings, warning] }
}
