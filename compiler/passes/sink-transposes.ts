// Moves a Transpose past its consumer, towards the outputs.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { padWidths } from '../graph/operators/pad.ts'
import { permuted } from '../graph/operators/rearrange.ts'
import { reducedAxes } from '../graph/operators/reduce.ts'
import { sliceRanges } from '../graph/operators/slice.ts'
import { reshaped, tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import { sliceNode } from './merge-slices.ts'
import type { Pass } from './pass.ts'
import { type Transposed, inverse, transposedBy, transposeNode } from './transposes.ts'

/** Elementwise operators; Quantize occurs in quantised graphs only. */
export const elementwise: readonly string[] = [
  ...['Abs', 'Add', 'Cast', 'Ceil', 'Clip', 'Div', 'Elu', 'Exp', 'Floor', 'HardSigmoid', 'HardSwish', 'LeakyRelu'],
  ...['Log', 'Max', 'Min', 'Mish', 'Mul', 'Neg', 'PRelu', 'Pow', 'Reciprocal', 'Relu', 'Sigmoid', 'Softplus', 'Sqrt'],
  ...['Quantize', 'Sub', 'Sum', 'Tanh'],
]

export const sinkTransposes: Pass = {
  name: 'sink-transposes',
  why: 'a transpose that moves past elementwise operators reaches the one that cancels it',
  rewrites: ['Transpose'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    // Values that have become transpositions in this run, so that a Transpose moves past a whole chain at once.
    const moves = new Map<string, Transposed>()
    const before = (name: string) => moves.get(name) ?? transposedBy(editor, name)
    for (const node of graph.nodes) {
      const order = node.inputs.map((name) => before(name)?.order).find((found) => found !== undefined)
      const sunk = order === undefined ? undefined : moved(editor, node, order, before)
      if (sunk === undefined) continue
      const inner = editor.fresh(`${node.name}.transposed`)
      const [output] = elements(node.outputs, 1)
      moves.set(output, { input: inner, order: sunk.order })
      const after = transposeNode(editor.fresh(`${node.name}.order`), inner, output, sunk.order)
      editor.replace([node], [{ ...sunk.node, outputs: [inner] }, after])
    }
    return editor.result()
  },
}

interface Sunk {
  /** the operator, which now reads the inputs of the Transposes */
  readonly node: Node
  /** the permutation of its output */
  readonly order: readonly number[]
}

type Before = (name: string) => Transposed | undefined

function moved(editor: GraphEditor, node: Node, order: readonly number[], before: Before): Sunk | undefined {
  const [input] = transposedInputs(editor, node, order, 1, before) ?? []
  const call = editor.call(node)
  const place = <T>(list: readonly T[]): T[] => inverse(order).map((axis) => elementAt(list, axis))
  /** The axis before the Transposes that becomes an axis of the operator. */
  const axisBefore = (axis: number): number => elementAt(order, axis < 0 ? axis + order.length : axis)
  if (elementwise.includes(node.op) || node.op === 'Concat') {
    const inputs = transposedInputs(editor, node, order, node.op === 'Clip' ? 1 : node.inputs.length, before)
    const attributes = node.op === 'Concat' ? { axis: axisBefore(numberOf(node, 'axis', 0)) } : node.attributes
    return inputs && { node: { ...node, inputs, attributes }, order }
  }
  if (input === undefined) return undefined
  if (node.op === 'Slice') {
    // A Slice is rewritten for the shape of its input: if that is a new value, this waits for the next run.
    if (!editor.isTyped(input)) return undefined
    const ranges = place(sliceRanges(call))
    return { node: sliceNode(editor, node, input, ranges), order }
  }
  if (node.op === 'Gather') {
    const [, indices] = elements(node.inputs, 2)
    if (editor.type(indices).shape.length !== 1) return undefined
    const attributes = { axis: axisBefore(numberOf(node, 'axis', 0)) }
    return { node: { ...node, inputs: [input, indices], attributes }, order }
  }
  if (node.op === 'Expand' || node.op === 'Tile') {
    const from = editor.type(elementAt(node.inputs, 0)).shape
    const to = editor.type(elementAt(node.outputs, 0)).shape
    if (from.length !== to.length) return undefined
    const list = place(node.op === 'Expand' ? to : Array.from(call.values[1]?.data ?? []))
    const counts = editor.addConstant(`${node.name}.counts`, tensorOf('int64', list, [list.length]))
    return { node: { ...node, inputs: [input, counts] }, order }
  }
  if (node.op === 'Pad') {
    const widths = place(padWidths(call) ?? [])
    const list = [...widths.map(([before]) => before), ...widths.map(([, after]) => after)]
    const pads = editor.addConstant(`${node.name}.pads`, tensorOf('int64', list, [list.length]))
    const { pads: _, ...attributes } = node.attributes
    return { node: { ...node, inputs: [input, pads, ...node.inputs.slice(2, 3)], attributes }, order }
  }
  if (node.op.startsWith('Reduce')) {
    const axes = reducedAxes(call) ?? []
    const keepdims = numberOf(node, 'keepdims', 1)
    const kept = order.filter((_, axis) => !axes.includes(axis))
    const rank = [...kept].sort((a, b) => a - b)
    const attributes = { axes: axes.map((axis) => elementAt(order, axis)).sort((a, b) => a - b), keepdims }
    // No axes mean all axes, or with noop_with_empty_axes none, in which case this is not a reduction.
    if (axes.length === 0) return undefined
    return {
      node: { ...node, inputs: [input], attributes },
      order: keepdims === 0 ? kept.map((axis) => rank.indexOf(axis)) : order,
    }
  }
  return undefined
}

/** The inputs before the Transposes, with constants permuted inversely; undefined if another input has another order. */
function transposedInputs(
  editor: GraphEditor,
  node: Node,
  order: readonly number[],
  count: number,
  before: Before,
): string[] | undefined {
  const inputs = node.inputs.map((name, at) => {
    if (at >= count) return name
    const found = before(name)
    if (found !== undefined) return found.order.join() === order.join() ? found.input : undefined
    const constant = editor.constant(name)
    if (constant === undefined || constant.shape.length > order.length) return undefined
    if (constant.size === 1 && node.op !== 'Concat') return name
    const wide = reshaped(constant, [
      ...new Array<number>(order.length - constant.shape.length).fill(1),
      ...constant.shape,
    ])
    return editor.addConstant(`${name}.transposed`, permuted(wide, inverse(order)))
  })
  return inputs.every((name) => name !== undefined) ? inputs : undefined
}
