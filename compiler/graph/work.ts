// How much work an operator is, before it is done: what bounds the computations that a file can ask for.

import type { Call, Operator } from './operator.ts'
import { type ValueType, sizeOf } from './tensor.ts'

/** What may be spent on computing values of a graph. */
export interface BudgetLimits {
  /** elementary steps, as `workOf` counts them */
  readonly work: number
  /** elements of values that are larger than what they are made of: a few bytes of a file can ask for them */
  readonly grown: number
}

/** An allowance that is used up by one computation after the other. */
export class Budget {
  #work: number
  #grown: number

  constructor({ work, grown }: BudgetLimits) {
    this.#work = work
    this.#grown = grown
  }

  /**
   * True if there is enough left for an evaluation, which is then taken off.
   *
   * @param outputs the types that follow for its outputs
   */
  allows(operator: Operator, call: Call, outputs: readonly ValueType[]): boolean {
    const made = elementsOf(outputs)
    // The value of a Constant stands in the file.
    const grown = call.node.op !== 'Constant' && made > elementsRead(operator, call) ? made : 0
    const work = workEstimate(operator, call, outputs)
    if (work > this.#work || grown > this.#grown) return false
    this.#work -= work
    this.#grown -= grown
    return true
  }
}

/** Elements of all values together. */
export function elementsOf(types: readonly (ValueType | undefined)[]): number {
  return types.reduce((sum, type) => sum + (type === undefined ? 0 : sizeOf(type.shape)), 0)
}

/** Elements that an evaluation reads: none of inputs of which it reads the type alone, as Shape does. */
export function elementsRead(operator: Operator, { types }: Call): number {
  return elementsOf(types.slice(0, operator.valuesRead))
}

/**
 * About how many elementary steps an evaluation takes: multiplications, comparisons or copies.
 *
 * @param outputs the types that follow for its outputs
 */
export function workEstimate(operator: Operator, call: Call, outputs: readonly ValueType[]): number {
  const { node, types } = call
  const [first = [], second = [], , fourth = []] = types.map((type) => type?.shape ?? [])
  return elementsRead(operator, call) + elementsOf(outputs) * Math.max(1, stepsOf(node.op))

  /** Steps for one element of the output. */
  function stepsOf(op: string): number {
    switch (op) {
      case 'Conv':
      case 'ConvInteger':
        return sizeOf(second.slice(1))
      case 'QLinearConv':
        return sizeOf(fourth.slice(1))
      case 'Gemm':
      case 'MatMul':
      case 'MatMulInteger':
      case 'QGemm':
      case 'QLinearMatMul':
        return Math.max(...first.slice(-2), 0)
      case 'MaxPool':
      case 'AveragePool':
      case 'QLinearAveragePool': {
        const kernel = node.attributes['kernel_shape']
        return Array.isArray(kernel) ? sizeOf(kernel as readonly number[]) : 1
      }
      case 'Sum':
      case 'Max':
      case 'Min':
        return types.length
      default:
        return 1
    }
  }
}
