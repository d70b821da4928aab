// What only orders or shapes the output becomes part of the interface: the host gives it as the model does.

import { defined, elementAt, elements } from '../../../base/defined.ts'
import { numbersOf } from '../../graph/attributes.ts'
import { withoutBatch } from '../../code-types.ts'
import type { Graph, Node } from '../../graph/graph.ts'
import { analyse } from '../../graph/infer-types.ts'
import { Names } from '../../graph/names.ts'
import { tensorOf } from '../../graph/tensor.ts'
import { type Arrangement, mostAxes } from '../../../isa/program.ts'
import { type Edge, endingAt, lastNodes } from './edge.ts'

/** Operators that order or shape the elements of their first input. */
export const movers: readonly string[] = ['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']

export const lastMoves: Edge = {
  name: 'last-moves',
  why: 'no layer moves a map’s channels behind its pixels, and the host reads them in any order',
  run: (graph) => {
    const chain = lastNodes(graph, ({ op, domain }) => domain === undefined && movers.includes(op))
    const first = chain.at(-1)
    if (first === undefined) return graph
    const { types } = analyse(graph)
    const shapeOf = (name: string): readonly number[] => types.get(name)?.shape ?? []
    const [output] = elements(graph.outputs, 1)
    // A vector is what layers give themselves.
    const isVector =
      chain.length === 1 && first.op !== 'Transpose' && output.shape.length === 2 && output.shape[0] === 1
    const [value] = elements(first.inputs, 1)
    const from = shapeOf(value)
    if (isVector || from[0] !== 1 || (from.length !== 4 && from.length !== 2)) return graph
    let moved: Moved | undefined = { split: from, order: from.map((_, axis) => axis), shape: from }
    for (const node of chain.toReversed()) moved = moved && afterNode(moved, node, shapeOf(elementAt(node.outputs, 0)))
    const ended = moved && endingAt(graph, value, chain)
    if (moved === undefined || ended === undefined) return graph
    const given = plain(moved)
    if (given.split.length > mostAxes || given.shape.length > mostAxes) return graph
    const outputs = [{ ...output, shape: from }]
    return { ...ended, outputs, host: { ...graph.host, given } }
  },
}

/** The inverse: the graph with nodes at its end that give the output as the model does, for files that other tools read. */
export function withLastMoves(graph: Graph, given: Arrangement | undefined, shape: readonly number[]): Graph {
  if (given === undefined) return graph
  const [output] = elements(graph.outputs, 1)
  const names = new Names([
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ])
  const fresh = (part: string): string => names.fresh(`${output.name}.${part}`)
  const [own, split, ordered] = [fresh('own'), fresh('split'), fresh('ordered')]
  const shapeOf = (extents: readonly number[]) =>
    [fresh('shape'), tensorOf('int64', extents, [extents.length])] as const
  const [splitShape, shapeOfModel] = [shapeOf(given.split), shapeOf(shape)]
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
      node('Transpose', [split], ordered, { perm: [...given.order] }),
      node('Reshape', [ordered, shapeOfModel[0]], output.name),
    ],
    outputs: [{ ...output, shape }],
  }
}

/** As an arrangement, the batch of one among the axes. */
type Moved = Arrangement

function afterNode(moved: Moved, node: Node, shape: readonly number[]): Moved | undefined {
  if (node.op !== 'Transpose') return { ...moved, shape }
  const perm = numbersOf(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  const refined = splitAs(moved)
  return refined && { split: refined.split, order: perm.flatMap((axis) => elementAt(refined.groups, axis)), shape }
}

/**
 * The arrangement with its axes split so that each axis of its shape is some of them, one behind the other; undefined where one axis would have
 * to be parts of two.
 */
function splitAs({ split, order, shape }: Moved): { split: number[]; groups: number[][] } | undefined {
  const parts = split.map(() => [] as number[])
  const groups: { axis: number; part: number }[][] = []
  let at = 0
  const extents = order.map((axis) => elementAt(split, axis))
  let left = extents[0] ?? 1
  for (const extent of shape) {
    const group: { axis: number; part: number }[] = []
    groups.push(group)
    let missing = extent
    while (missing > 1) {
      while (left === 1 && at + 1 < order.length) left = elementAt(extents, ++at)
      const part = left < missing ? left : missing
      if (left % part !== 0 || missing % part !== 0) return undefined
      const axis = elementAt(order, at)
      const own = elementAt(parts, axis)
      group.push({ axis, part: own.length })
      own.push(part)
      left /= part
      missing /= part
    }
  }
  const first = parts.map((_, axis) => parts.slice(0, axis).reduce((all, each) => all + each.length, 0))
  return {
    split: parts.flat(),
    groups: groups.map((group) => group.map(({ axis, part }) => elementAt(first, axis) + part)),
  }
}

/** The same with as few axes as say it, none of extent 1, and without the batch. */
function plain({ split, order, shape }: Moved): Arrangement {
  const long = order.filter((axis) => elementAt(split, axis) > 1)
  // Axes that stand side by side before and behind are one.
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
