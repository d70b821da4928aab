// Estimates the work of an evaluation beforehand, so that the computations that a hostile file causes are bounded.

import type { Call, Operator } from './operator.ts'
import { type ValueType, sizeOf } from './tensor.ts'

/** The most that may be spent on computing values of a graph. */
export interface BudgetLimits {
  /** elementary steps, as `workOf` counts them */
  readonly work: number
  /** elements of values that are larger than their inputs, which a few bytes of a file can cause */
  readonly grown: number
}

/** A budget that is reduced by each computation. */
export class Budget {
  #work: number
  #grown: number

  constructor({ work, grown }: BudgetLimits) {
    this.#work = work
    this.#grown = grown
  }

  /**
   * True if the budget is sufficient for an evaluation, whose cost is then subtracted.
   *
   * @param outputs the inferred types of its outputs
   */
  allows(operator: Operator, call: Call, outputs: readonly ValueType[]): boolean {
    const made = elementsOf(outputs)
    // The value of a Constant is in the file.
    const grown = call.node.op !== 'Constant' && made > elementsRead(operator, call) ? made : 0
    const work = workEstimate(operator, call, outputs)
    if (work > this.#work || grown > this.#grown) return false
    this.#work -= work
    this.#grown -= grown
    return true
  }
}

/** The number of elements of all values. */
export function elementsOf(types: readonly (ValueType | undefined)[]): number {
  return types.reduce((sum, type) => sum + (type === undefined ? 0 : sizeOf(type.shape)), 0)
}

/** The number of elements that an evaluation reads; none of inputs of which it reads only the type, as Shape does. */
export function elementsRead(operator: Operator, { types }: Call): number {
  return elementsOf(types.slice(0, operator.valuesRead))
}

/**
 * About how many elementary steps an evaluation takes: multiplications, comparisons or copies.
 *
 * @param outputs the inferred types of its outputs
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
