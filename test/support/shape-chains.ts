// Random arithmetic on shapes, as exporters write it: chains of nodes that compute numbers from the type of a map.

import fc from 'fast-check'
import type { NodeProto } from '../../compiler/onnx/generated/onnx_pb.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { type ModelText, int64, node, scalar } from './onnx-model.ts'

/** A static number. */
export type Extent =
  | { readonly kind: 'dimension'; readonly axis: number; readonly by: 'Gather' | 'Slice' | 'Split' }
  | { readonly kind: 'size' | 'product' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'count'; readonly of: Extent }
  | { readonly kind: 'half'; readonly of: Extent }
  | { readonly kind: 'filled'; readonly of: Extent }
  | { readonly kind: 'chosen'; readonly a: Extent; readonly b: Extent }
  | { readonly kind: 'binary'; readonly op: string; readonly a: Extent; readonly b: Extent }

const dimension = fc.record({
  kind: fc.constant('dimension' as const),
  axis: fc.integer({ min: -4, max: 3 }),
  by: fc.constantFrom('Gather' as const, 'Slice' as const, 'Split' as const),
})

/** Expressions of a few operators over the shape of a value with four axes. */
export const extents: fc.Arbitrary<Extent> = fc.letrec<{ extent: Extent }>((tie) => {
  const of = tie('extent')
  return {
    extent: fc.oneof(
      { maxDepth: 3 },
      dimension,
      fc.record({ kind: fc.constantFrom('size' as const, 'product' as const) }),
      fc.record({ kind: fc.constant('number' as const), value: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constantFrom('half' as const, 'count' as const, 'filled' as const), of }),
      fc.record({ kind: fc.constant('chosen' as const), a: of, b: of }),
      fc.record({
        kind: fc.constant('binary' as const),
        op: fc.constantFrom('Add', 'Sub', 'Mul', 'Min', 'Max', 'Div', 'Mod'),
        a: of,
        b: of,
      }),
    ),
  }
}).extent

/** Builds the nodes of a chain. */
export class ShapeNodes {
  readonly nodes: NodeProto[] = []
  readonly constants: Record<string, Tensor> = {}
  readonly #of: string
  readonly #rank: number
  #count = 0

  /** @param of the value whose shape is read */
  constructor(of: string, rank: number) {
    this.#of = of
    this.#rank = rank
  }

  constant(value: Tensor): string {
    const name = `k${this.#count++}`
    this.constants[name] = value
    return name
  }

  add(op: string, inputs: string, attributes: Parameters<typeof node>[3] = {}): string {
    const name = `s${this.#count++}`
    this.nodes.push(node(op, name, inputs, attributes))
    return name
  }

  /** The name of an int64 scalar with the number, which is between 1 and 100,000. */
  number(extent: Extent): string {
    return this.#within(this.#any(extent))
  }

  #within(name: string): string {
    return this.add(
      'Min',
      `${this.add('Max', `${name} ${this.constant(scalar(1))}`)} ${this.constant(scalar(100_000))}`,
    )
  }

  #any(extent: Extent): string {
    switch (extent.kind) {
      case 'dimension':
        return this.#dimension(extent.axis, extent.by)
      case 'size':
        return this.add('Size', this.#of)
      case 'product':
        return this.add('ReduceProd', this.#shape(), { keepdims: 0 })
      case 'number':
        return this.add('Constant', '', { value: scalar(extent.value) })
      case 'count': {
        // The maximum of 0 … n - 1, and 1.
        const bounds = [this.constant(scalar(0)), this.number(extent.of), this.constant(scalar(1))]
        return this.add(
          'Add',
          `${this.add('ReduceMax', this.add('Range', bounds.join(' ')), { keepdims: 0 })} ${bounds[2]}`,
        )
      }
      case 'half': {
        const real = this.add('Cast', this.number(extent.of), { to: 1 })
        const half = this.add('Mul', `${real} ${this.constant(tensorOf('float32', [0.5], []))}`)
        return this.add('Cast', this.add('Floor', half), { to: 7 })
      }
      case 'filled': {
        const list = this.add('Unsqueeze', `${this.number(extent.of)} ${this.constant(int64(0))}`)
        return this.add('ReduceSum', this.add('ConstantOfShape', list, { value: int64(1) }), { keepdims: 0 })
      }
      case 'chosen': {
        const [a, b] = [this.number(extent.a), this.number(extent.b)]
        return this.add('Where', `${this.add('Equal', `${a} ${b}`)} ${this.constant(scalar(7))} ${b}`)
      }
      case 'binary':
        return this.add(extent.op, `${this.number(extent.a)} ${this.number(extent.b)}`)
      default:
        return extent satisfies never
    }
  }

  #shape(): string {
    return this.add('Shape', this.#of)
  }

  #dimension(axis: number, by: 'Gather' | 'Slice' | 'Split'): string {
    const shape = this.#shape()
    if (by === 'Gather') return this.add('Gather', `${shape} ${this.constant(scalar(axis))}`, { axis: 0 })
    const first = axis < 0 ? axis + this.#rank : axis
    if (by === 'Slice') {
      const one = this.add('Slice', `${shape} ${this.constant(int64(first))} ${this.constant(int64(first + 1))}`)
      return this.add('Squeeze', `${one} ${this.constant(int64(0))}`)
    }
    const outputs = Array.from({ length: this.#rank }, (_, at) => `${shape}_${at}`)
    this.nodes.push(node('Split', outputs.join(' '), `${shape} ${this.constant(int64(...outputs.map(() => 1)))}`))
    return this.add('Squeeze', `${outputs[first]} ${this.constant(int64(0))}`)
  }
}

/**
 * A model that flattens a map as `view(x.size(0), -1)`, slices it to a computed width and adds a computed number.
 *
 * @param shape of the input: a batch that may be symbolic, channels, rows, columns
 */
export function chainModel(shape: readonly (number | string)[], end: Extent, added: Extent): ModelText {
  const chain = new ShapeNodes('x', 4)
  const batch = chain.add(
    'Unsqueeze',
    `${chain.number({ kind: 'dimension', axis: 0, by: 'Gather' })} ${chain.constant(int64(0))}`,
  )
  const list = chain.add('Concat', `${batch} ${chain.constant(int64(-1))}`, { axis: 0 })
  const flat = chain.add('Reshape', `x ${list}`)
  const ends = chain.add('Unsqueeze', `${chain.number(end)} ${chain.constant(int64(0))}`)
  const cut = chain.add('Slice', `${flat} ${chain.constant(int64(0))} ${ends} ${chain.constant(int64(1))}`)
  const expanded = chain.add('Expand', `${cut} ${chain.add('Shape', cut)}`)
  chain.nodes.push(node('Add', 'y', `${expanded} ${chain.add('Cast', chain.number(added), { to: 1 })}`))
  return { opset: 17, inputs: { x: shape }, outputs: ['y'], constants: chain.constants, nodes: chain.nodes }
}
