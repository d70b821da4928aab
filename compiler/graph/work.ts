// How much work an operator is, before it is done: what bounds the computations that a file can ask for.

import type { Call } from './operator.ts'
import { type ValueType, sizeOf } from './tensor.ts'

/**
 * About how many elementary steps an evaluation takes: multiplications, comparisons or copies.
 *
 * @param outputs the types that follow for its outputs
 */
export function workOf({ node, types }: Call, outputs: readonly ValueType[]): number {
  const [first = [], second = []] = types.map((type) => type?.shape ?? [])
  const made = outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const read = types.reduce((sum, type) => sum + sizeOf(type?.shape ?? [0]), 0)
  return read + made * Math.max(1, stepsOf(node.op))

  /** Steps for one element of the output. */
  function stepsOf(op: string): number {
    switch (op) {
      case 'Conv':
        return sizeOf(second.slice(1))
      case 'Gemm':
      case 'MatMul':
        return Math.max(...first.slice(-2), 0)
      case 'MaxPool':
      case 'AveragePool': {
        const kernel = node.attributes['kernel_shape']
        return Array.isArray(kernel) ? sizeOf(kernel as readonly number[]) : 1
      }
      default:
        return 1
    }
  }
}
