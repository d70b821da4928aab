// Sequences of values, where they only carry values from one node to another: what is taken out of them is written without them.

import { type Tensor, tensorOf } from '../graph/tensor.ts'
import { attributeTypes } from './data-types.ts'
import { type Inliner, type OnnxNode, newNode } from './functions.ts'
import { isMainDomain } from './opset.ts'
import { readTensor } from './tensor-data.ts'

/** Operators that make a sequence, and those that take values out of one. */
const makers = ['SplitToSequence', 'SequenceConstruct']
const takers = ['SequenceAt', 'ConcatFromSequence']

/**
 * The nodes without sequences, wherever lengths and places are constants; others stay, to be refused by their names.
 *
 * @param constants gets the bounds of the parts
 */
export function removeSequences(
  nodes: readonly OnnxNode[],
  constants: Map<string, Tensor>,
  inliner: Inliner,
): readonly OnnxNode[] {
  const isOneOf = (list: readonly string[], { opType, domain }: OnnxNode) =>
    list.includes(opType) && isMainDomain(domain)
  if (!nodes.some((node) => isOneOf(takers, node))) return nodes
  const known = new Map<string, Tensor>(constants)
  const sequences = new Map<string, OnnxNode>()
  const written = nodes.flatMap((node) => {
    const value = constantOf(node)
    if (value !== undefined) known.set(node.output[0] ?? '', value)
    if (isOneOf(makers, node)) sequences.set(node.output[0] ?? '', node)
    const maker = sequences.get(node.input[0] ?? '')
    return (isOneOf(takers, node) && maker !== undefined && taken(node, maker)) || [node]
  })
  const read = new Set(written.flatMap(({ input }) => input))
  return written.filter((node) => !isOneOf(makers, node) || read.has(node.output[0] ?? ''))

  function taken(node: OnnxNode, maker: OnnxNode): OnnxNode[] | undefined {
    if (node.opType === 'ConcatFromSequence')
      return maker.opType === 'SequenceConstruct' ? joined(node, maker) : undefined
    const place = known.get(node.input[1] ?? '')?.data[0]
    if (place === undefined) return undefined
    if (maker.opType === 'SplitToSequence') return part(node, maker, place)
    const input = maker.input.at(place)
    return input === undefined ? undefined : [{ ...copyOf(node, 'Identity'), input: [input] }]
  }

  /** A part of a value as a Slice of it. */
  function part(node: OnnxNode, maker: OnnxNode, place: number): OnnxNode[] | undefined {
    const [axis, keeps] = [numberOf(maker, 'axis', 0), numberOf(maker, 'keepdims', 1)]
    const [value = '', name = ''] = maker.input
    const lengths = name === '' ? tensorOf('int64', [1], []) : known.get(name)
    if (lengths === undefined || (name === '' && keeps === 0)) return undefined
    const list = Array.from(lengths.data)
    const at = lengths.shape.length > 0 && place < 0 ? place + list.length : place
    const length = (lengths.shape.length === 0 ? list[0] : list[at]) ?? 0
    if (!Number.isInteger(at) || at < 0 || !(length > 0)) return undefined
    const start = lengths.shape.length === 0 ? at * length : list.slice(0, at).reduce((sum, each) => sum + each, 0)
    const bounds = [start, start + length, axis].map((bound) => constant(node, bound))
    return [{ ...copyOf(node, 'Slice'), input: [value, ...bounds] }]
  }

  /** Values one after the other along an axis, a new axis if the node says so. */
  function joined(node: OnnxNode, maker: OnnxNode): OnnxNode[] {
    const axis = node.attribute.filter(({ name }) => name === 'axis')
    if (numberOf(node, 'new_axis', 0) === 0) return [{ ...copyOf(node, 'Concat'), input: maker.input, attribute: axis }]
    const axes = constant(node, numberOf(node, 'axis', 0))
    const widened = maker.input.map((input) => {
      const name = inliner.fresh(`${node.name}.widened`)
      return newNode(name, 'Unsqueeze', [input, axes], [name])
    })
    return [...widened, { ...copyOf(node, 'Concat'), input: widened.map(({ name }) => name), attribute: axis }]
  }

  function constant(node: OnnxNode, value: number): string {
    const name = inliner.fresh(`${node.name}.bound`)
    constants.set(name, tensorOf('int64', [value], [1]))
    return name
  }
}

const copyOf = (node: OnnxNode, opType: string): OnnxNode => ({ ...node, opType, attribute: [] })

/** The whole numbers of a Constant node; undefined for other nodes and kinds. */
function constantOf({ opType, domain, attribute: [given] }: OnnxNode): Tensor | undefined {
  if (opType !== 'Constant' || !isMainDomain(domain) || given === undefined) return undefined
  if (given.name === 'value_int') return tensorOf('int64', [Number(given.i)], [])
  if (given.name === 'value_ints') return tensorOf('int64', given.ints.map(Number), [given.ints.length])
  const { t: tensor, type } = given
  if (given.name !== 'value' || type !== attributeTypes.tensor || tensor === undefined || tensor.dataLocation === 1)
    return undefined
  // Lists of lengths are short.
  const isShort = tensor.dims.reduce((size, extent) => size * Number(extent), 1) <= 1024
  return isShort ? readTensor(tensor, `constant of '${opType}'`) : undefined
}

/** An int attribute as it stands in the file. */
function numberOf({ attribute }: OnnxNode, name: string, otherwise: number): number {
  return Number(attribute.find((each) => each.name === name)?.i ?? otherwise)
}
