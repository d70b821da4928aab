// Removes sequences of tensors where they only carry values from one node to another.

import { type Tensor, tensorOf } from '../graph/tensor.ts'
import { attributeTypes } from './data-types.ts'
import { type Inliner, type OnnxNode, newNode } from './functions.ts'
import { isMainDomain } from './opset.ts'
import { readTensor } from './tensor-data.ts'

/** Operators that create a sequence, and operators that read values of one. */
const creators = ['SplitToSequence', 'SequenceConstruct']
const accessors = ['SequenceAt', 'ConcatFromSequence']

/**
 * The nodes without sequences whose lengths and indices are constant. Other sequences stay, and are refused as unknown operators.
 *
 * @param constants receives the bounds of the parts
 */
export function removeSequences(
  nodes: readonly OnnxNode[],
  constants: Map<string, Tensor>,
  inliner: Inliner,
): readonly OnnxNode[] {
  if (!nodes.some((node) => isOneOf(accessors, node))) return nodes
  return new SequenceRemoval(constants, inliner).rewrite(nodes)
}

class SequenceRemoval {
  readonly #constants: Map<string, Tensor>
  readonly #inliner: Inliner
  /** initializers, and the values of Constant nodes */
  readonly #known: Map<string, Tensor>
  /** the creator of each sequence */
  readonly #sequences = new Map<string, OnnxNode>()

  constructor(constants: Map<string, Tensor>, inliner: Inliner) {
    this.#constants = constants
    this.#inliner = inliner
    this.#known = new Map(constants)
  }

  /** The nodes with accessors replaced, and without the creators that are then unused. */
  rewrite(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
    const rewritten = nodes.flatMap((node) => {
      const value = constantOf(node)
      if (value !== undefined) this.#known.set(node.output[0] ?? '', value)
      if (isOneOf(creators, node)) this.#sequences.set(node.output[0] ?? '', node)
      const creator = this.#sequences.get(node.input[0] ?? '')
      return (isOneOf(accessors, node) && creator !== undefined && this.#replacement(node, creator)) || [node]
    })
    const read = new Set(rewritten.flatMap(({ input }) => input))
    return rewritten.filter((node) => !isOneOf(creators, node) || read.has(node.output[0] ?? ''))
  }

  /** Nodes that replace an accessor; undefined if a length or an index is not constant. */
  #replacement(node: OnnxNode, creator: OnnxNode): OnnxNode[] | undefined {
    if (node.opType === 'ConcatFromSequence')
      return creator.opType === 'SequenceConstruct' ? this.#concat(node, creator) : undefined
    const index = this.#known.get(node.input[1] ?? '')?.data[0]
    if (index === undefined) return undefined
    if (creator.opType === 'SplitToSequence') return this.#slice(node, creator, index)
    const input = creator.input.at(index)
    return input === undefined ? undefined : [{ ...withOperator(node, 'Identity'), input: [input] }]
  }

  /** A part of a split value as a Slice. */
  #slice(node: OnnxNode, creator: OnnxNode, index: number): OnnxNode[] | undefined {
    const [axis, keeps] = [numberOf(creator, 'axis', 0), numberOf(creator, 'keepdims', 1)]
    const [value = '', name = ''] = creator.input
    const lengths = name === '' ? tensorOf('int64', [1], []) : this.#known.get(name)
    if (lengths === undefined || (name === '' && keeps === 0)) return undefined
    const list = Array.from(lengths.data)
    const at = lengths.shape.length > 0 && index < 0 ? index + list.length : index
    const length = (lengths.shape.length === 0 ? list[0] : list[at]) ?? 0
    if (!Number.isInteger(at) || at < 0 || !(length > 0)) return undefined
    const start = lengths.shape.length === 0 ? at * length : list.slice(0, at).reduce((sum, each) => sum + each, 0)
    const bounds = [start, start + length, axis].map((bound) => this.#constant(node, bound))
    return [{ ...withOperator(node, 'Slice'), input: [value, ...bounds] }]
  }

  /** The concatenation of all values along an axis, which is new with `new_axis`. */
  #concat(node: OnnxNode, creator: OnnxNode): OnnxNode[] {
    const axis = node.attribute.filter(({ name }) => name === 'axis')
    if (numberOf(node, 'new_axis', 0) === 0)
      return [{ ...withOperator(node, 'Concat'), input: creator.input, attribute: axis }]
    const axes = this.#constant(node, numberOf(node, 'axis', 0))
    const widened = creator.input.map((input) => {
      const name = this.#inliner.fresh(`${node.name}.widened`)
      return newNode(name, 'Unsqueeze', [input, axes], [name])
    })
    const input = widened.map(({ name }) => name)
    return [...widened, { ...withOperator(node, 'Concat'), input, attribute: axis }]
  }

  #constant(node: OnnxNode, value: number): string {
    const name = this.#inliner.fresh(`${node.name}.bound`)
    this.#constants.set(name, tensorOf('int64', [value], [1]))
    return name
  }
}

const isOneOf = (operators: readonly string[], { opType, domain }: OnnxNode): boolean =>
  operators.includes(opType) && isMainDomain(domain)

/** A node with another operator, without attributes. */
const withOperator = (node: OnnxNode, opType: string): OnnxNode => ({ ...node, opType, attribute: [] })

/** The integers of a Constant node; undefined for other nodes and types. */
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

/** An int attribute of the file. */
function numberOf({ attribute }: OnnxNode, name: string, otherwise: number): number {
  return Number(attribute.find((each) => each.name === name)?.i ?? otherwise)
}
