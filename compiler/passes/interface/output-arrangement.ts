// Removes operators that only reorder or reshape the output; the host arranges the output as the model does.

import { defined, elementAt, elements } from '../../../base/defined.ts'
import { numbersOf } from '../../graph/attributes.ts'
import { withoutBatch } from '../../code-types.ts'
import type { Graph, Node } from '../../graph/graph.ts'
import { analyse } from '../../graph/infer-types.ts'
import { Names } from '../../graph/names.ts'
import { tensorOf } from '../../graph/tensor.ts'
import { type Arrangement, mostAxes } from '../../../isa/program.ts'
import { type InterfaceRewrite, endingAt, lastNodes } from './interface-rewrite.ts'

/** Operators that reorder or reshape the elements of their first input. */
export const arrangingOperators: readonly string[] = [
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
]

export const outputArrangement: InterfaceRewrite = {
  name: 'output-arrangement',
  why: 'no layer stores the channels of a map last, and the host can read them in any order',
  run: (graph) => {
    const chain = lastNodes(graph, ({ op, domain }) => domain === undefined && arrangingOperators.includes(op))
    const first = chain.at(-1)
    if (first === undefined) return graph
    const { types } = analyse(graph)
    const shapeOf = (name: string): readonly number[] => types.get(name)?.shape ?? []
    const [output] = elements(graph.outputs, 1)
    // Layers produce vectors without the host.
    const isVector =
      chain.length === 1 && first.op !== 'Transpose' && output.shape.length === 2 && output.shape[0] === 1
    const [value] = elements(first.inputs, 1)
    const from = shapeOf(value)
    if (isVector || from[0] !== 1 || (from.length !== 4 && from.length !== 2)) return graph
    let batched: BatchArrangement | undefined = { split: from, order: from.map((_, axis) => axis), shape: from }
    for (const node of chain.toReversed())
      batched = batched && afterNode(batched, node, shapeOf(elementAt(node.outputs, 0)))
    const ended = batched && endingAt(graph, value, chain)
    if (batched === undefined || ended === undefined) return graph
    const arrangement = canonical(batched)
    if (arrangement.split.length > mostAxes || arrangement.shape.length > mostAxes) return graph
    const outputs = [{ ...output, shape: from }]
    return { ...ended, outputs, host: { ...graph.host, outputArrangement: arrangement } }
  },
}

/** The inverse: adds nodes that arrange the output as the model does, for files that other tools read. */
export function withOutputArrangement(
  graph: Graph,
  arrangement: Arrangement | undefined,
  shape: readonly number[],
): Graph {
  if (arrangement === undefined) return graph
  const [output] = elements(graph.outputs, 1)
  const names = new Names([
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ])
  const fresh = (part: string): string => names.fresh(`${output.name}.${part}`)
  const [own, split, ordered] = [fresh('own'), fresh('split'), fresh('ordered')]
  const shapeOf = (extents: readonly number[]) =>
    [fresh('shape'), tensorOf('int64', extents, [extents.length])] as const
  const [splitShape, shapeOfModel] = [shapeOf(arrangement.split), shapeOf(shape)]
  const renamed = (name: string): string => (name === output.name ? own : name)
  const node = (op: string, inputs: readonly string[], result: string, attributes = {}): Node => ({
    name: result,
    op,
    inputs,
    outputs: [result],
    attributes,
  })
  return {
    ...graph,
    constants: new Map([...graph.constants, splitShape, shapeOfModel]),
    nodes: [
      ...graph.nodes.map((each) => ({ ...each, inputs: each.inputs.map(renamed), outputs: each.outputs.map(renamed) })),
      node('Reshape', [own, splitShape[0]], split),
      node('Transpose', [split], ordered, { perm: [...arrangement.order] }),
      node('Reshape', [ordered, shapeOfModel[0]], output.name),
    ],
    outputs: [{ ...output, shape }],
  }
}

/** An arrangement that includes the axis of the batch. */
type BatchArrangement = Arrangement

/** The arrangement after a node whose output has this shape. */
function afterNode(before: BatchArrangement, node: Node, shape: readonly number[]): BatchArrangement | undefined {
  if (node.op !== 'Transpose') return { ...before, shape }
  const perm = numbersOf(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  const refined = refineSplit(before)
  return refined && { split: refined.split, order: perm.flatMap((axis) => elementAt(refined.groups, axis)), shape }
}

/**
 * Splits the axes of an arrangement further, so that each axis of its shape is a group of consecutive axes; undefined if an axis would have to
 * belong to two groups.
 */
function refineSplit({ split, order, shape }: BatchArrangement): { split: number[]; groups: number[][] } | undefined {
  const parts = split.map(() => [] as number[])
  const groups: { axis: number; part: number }[][] = []
  let at = 0
  const extents = order.map((axis) => elementAt(split, axis))
  let left = extents[0] ?? 1
  for (const extent of shape) {
    const group: { axis: number; part: number }[] = []
    groups.push(group)
    let rest = extent
    while (rest > 1) {
      while (left === 1 && at + 1 < order.length) left = elementAt(extents, ++at)
      const part = left < rest ? left : rest
      if (left % part !== 0 || rest % part !== 0) return undefined
      const axis = elementAt(order, at)
      const own = elementAt(parts, axis)
      group.push({ axis, part: own.length })
      own.push(part)
      left /= part
      rest /= part
    }
  }
  const first = parts.map((_, axis) => parts.slice(0, axis).reduce((all, each) => all + each.length, 0))
  return {
    split: parts.flat(),
    groups: groups.map((group) => group.map(({ axis, part }) => elementAt(first, axis) + part)),
  }
}

/** The same arrangement with the fewest axes, none of extent 1, and without the batch. */
function canonical({ split, order, shape }: BatchArrangement): Arrangement {
  const long = order.filter((axis) => elementAt(split, axis) > 1)
  // Axes that are adjacent both before and after the permutation are merged.
  const runs: number[][] = []
  const left = split.flatMap((extent, axis) => (extent > 1 ? [axis] : []))
  for (const axis of long) {
    const last = runs.at(-1)
    if (last !== undefined && left.indexOf(axis) === left.indexOf(defined(last.at(-1))) + 1) last.push(axis)
    else runs.push([axis])
  }
  const sorted = runs.toSorted((a, b) => elementAt(a, 0) - elementAt(b, 0))
  if (sorted.length === 0) return { split: [1], order: [0], shape: withoutBatch(shape) }
  return {
    split: sorted.map((run) => run.reduce((all, axis) => all * elementAt(split, axis), 1)),
    order: runs.map((run) => sorted.indexOf(run)),
    shape: withoutBatch(shape),
  }
}
