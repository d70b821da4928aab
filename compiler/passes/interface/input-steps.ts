// Moves arithmetic between the model's input and its first quantiser to the host.

import { elementAt } from '../../../base/defined.ts'
import { numberOf } from '../../graph/attributes.ts'
import { consumers, type Graph, type Node } from '../../graph/graph.ts'
import { isQuantize } from '../../graph/operators/grid.ts'
import { channelAffine } from '../../graph/operators/normalization.ts'
import type { Tensor } from '../../graph/tensor.ts'
import { type InputStep, mostInputSteps } from '../../../isa/program.ts'
import type { InterfaceRewrite } from './interface-rewrite.ts'

export const inputSteps: InterfaceRewrite = {
  name: 'input-steps',
  why: 'the host quantises the input, so it also does the arithmetic before that, such as mean and std or scaling of pixels',
  run: (graph) => {
    const [input, ...further] = graph.inputs
    if (input === undefined || further.length > 0 || input.elementType !== 'float32') return graph
    const readers = consumers(graph)
    const outputs = new Set(graph.outputs.map(({ name }) => name))
    const removed: Node[] = []
    const steps: InputStep[] = []
    let value = input.name
    for (;;) {
      const [node, ...others] = readers.get(value) ?? []
      if (node === undefined || others.length > 0 || outputs.has(value)) break
      const found = stepsOf(graph, input.shape, node, value)
      if (found === undefined) break
      removed.push(node)
      steps.push(...found)
      value = elementAt(node.outputs, 0)
    }
    const isQuantised = readers.get(value)?.every(isQuantize) === true && !outputs.has(value)
    const all = [...(graph.host?.inputSteps ?? []), ...steps]
    if (removed.length === 0 || !isQuantised || all.length > mostInputSteps) return graph
    const renamed = (name: string): string => (name === value ? input.name : name)
    const nodes = graph.nodes.flatMap((node) =>
      removed.includes(node)
        ? []
        : [node.inputs.includes(value) ? { ...node, inputs: node.inputs.map(renamed) } : node],
    )
    return { ...graph, nodes, host: { ...graph.host, inputSteps: all } }
  },
}

/** A node as input steps, if it is arithmetic with a scalar, or with one constant for each channel. */
function stepsOf({ constants }: Graph, shape: readonly number[], node: Node, value: string): InputStep[] | undefined {
  const channels = shape[1] ?? 1
  if (node.op === 'BatchNormalization') {
    const parameters = node.inputs.slice(1).map((name) => constants.get(name))
    if (parameters.some((each) => each === undefined)) return undefined
    const { factor, offset } = channelAffine(parameters as Tensor[], numberOf(node, 'epsilon', 1e-5))
    return finite([
      { op: 'mul', by: Array.from(factor, Math.fround) },
      { op: 'add', by: Array.from(offset, Math.fround) },
    ])
  }
  const isFirst = node.inputs[0] === value
  const constant = constants.get(node.inputs[isFirst ? 1 : 0] ?? '')
  const by = constant === undefined ? undefined : perChannel(constant, channels, shape.length)
  if (by === undefined) return undefined
  switch (node.op) {
    case 'Add':
      return finite([{ op: 'add', by }])
    case 'Mul':
      return finite([{ op: 'mul', by }])
    case 'Sub':
      return isFirst
        ? finite([{ op: 'sub', by }])
        : finite([
            { op: 'mul', by: [-1] },
            { op: 'add', by },
          ])
    case 'Div':
      return isFirst && !by.includes(0) ? finite([{ op: 'div', by }]) : undefined
    default:
      return undefined
  }
}

const finite = (steps: InputStep[]): InputStep[] | undefined =>
  steps.every(({ by }) => by.every(Number.isFinite)) ? steps : undefined

/** A constant scalar, or a constant for each channel of a value of this rank. */
function perChannel({ data, shape, size }: Tensor, channels: number, rank: number): number[] | undefined {
  if (shape.length > rank) return undefined
  if (size === 1) return Array.from(data)
  const aligned = [...new Array<number>(rank - shape.length).fill(1), ...shape]
  return size === channels && aligned[1] === channels ? Array.from(data) : undefined
}
