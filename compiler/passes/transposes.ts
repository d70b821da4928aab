// Helper functions for the passes on Transpose.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { permutationOf } from '../graph/operators/rearrange.ts'
import type { GraphEditor } from './editor.ts'

/** A Transpose: its input and its permutation of the axes. */
export interface Transposed {
  readonly input: string
  readonly order: readonly number[]
}

/** The Transpose that produces a value, if there is one. */
export function transposedBy(editor: GraphEditor, name: string): Transposed | undefined {
  const node = editor.producer(name)
  return node?.op === 'Transpose'
    ? { input: elementAt(node.inputs, 0), order: permutationOf(editor.call(node)) }
    : undefined
}

/** The inverse of a permutation. */
export function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis))
}

export function transposeNode(name: string, input: string, output: string, order: readonly number[]): Node {
  return { name, op: 'Transpose', inputs: [input], outputs: [output], attributes: { perm: [...order] } }
}
