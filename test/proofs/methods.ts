// Three methods for discrete weights on the same data: the output error that each leaves in a layer.

import { elements } from '../../base/defined.ts'
import { byAdmm, byRounding, type Method } from '../../compiler/quantize/discrete/layer.ts'
import { decompose } from '../../compiler/kernels/cholesky.ts'
import { solverOf } from '../../compiler/kernels/solve.ts'
import { errorOf } from '../../compiler/quantize/discrete/row-errors.ts'
import { byGptq } from './gptq.ts'

export const methods = { plain: byRounding, gptq: byGptq, admm: byAdmm } as const
export type MethodName = keyof typeof methods

/** Squared output errors of one block of a layer, by method. */
export type Errors = Readonly<Record<MethodName, number>>

/** A method that does as ADMM does, and notes what all three would leave. */
export function compared(notes: Errors[]): Method {
  return (problems, weights) => {
    const [{ hessian, crossCovariance }] = elements(problems, 1)
    const lower = decompose(hessian, crossCovariance.length)
    const offset = problems.reduce((sum, problem) => {
      if (lower === undefined) return sum
      const best = problem.crossCovariance.slice()
      solverOf(lower, best.length).solve([best])
      return sum + best.reduce((total, value, i) => total + value * problem.crossCovariance[i]!, 0)
    }, 0)
    const found = Object.entries(methods).map(([name, method]) => [name, method(problems, weights)] as const)
    const errors = found.map(([name, rows]) => {
      const error = rows.reduce((sum, row, at) => sum + errorOf(row, problems[at]!), offset)
      return [name, error] as const
    })
    notes.push(Object.fromEntries(errors) as unknown as Errors)
    return found.find(([name]) => name === 'admm')![1]
  }
}
