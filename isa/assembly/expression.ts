// The value of an expression: whole numbers, names, + − * << and parentheses.

import type { IToken } from 'chevrotain'
import { unreachable } from '../../base/error.ts'
import type { Expression } from './syntax.ts'

/** Thrown for an expression without a value; `at` is the token to point at. */
export class ExpressionError extends Error {
  readonly at: IToken

  constructor(message: string, at: IToken) {
    super(message)
    this.at = at
  }
}

/**
 * The value of an expression.
 * @param value what a name stands for, undefined if nothing
 * @throws ExpressionError for an unknown name or a value that is no exact whole number
 */
export function evaluate(expression: Expression, value: (name: string) => number | undefined): number {
  switch (expression.kind) {
    case 'number':
      return exact(Number(expression.at.image), expression.at)
    case 'name': {
      const found = value(expression.at.image)
      if (found === undefined)
        throw new ExpressionError(`no constant '${expression.at.image}' is defined here`, expression.at)
      return found
    }
    case 'negation':
      return 0 - evaluate(expression.of, value)
    case 'operation': {
      const [left, right] = [evaluate(expression.left, value), evaluate(expression.right, value)]
      return exact(operate(expression.at, left, right), expression.at)
    }
    default:
      return unreachable(expression)
  }
}

function operate(at: IToken, left: number, right: number): number {
  switch (at.image) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      // Adding 0 turns −0 into 0.
      return left * right + 0
    default:
      if (right < 0 || right > 52) throw new ExpressionError(`a shift by ${right}; 0 to 52 are allowed`, at)
      return left * 2 ** right + 0
  }
}

function exact(value: number, at: IToken): number {
  if (Number.isSafeInteger(value)) return value
  throw new ExpressionError('the value is outside ±2^53', at)
}
