// A line's operands to an instruction: names to fields, expressions to values, each checked where it stands.

import { elements } from '../../base/defined.ts'
import type { IToken } from 'chevrotain'
import { didYouMean } from '../../base/did-you-mean.ts'
import { fieldRange } from '../../base/bits.ts'
import type { Field, Fields } from '../../base/bits.ts'
import type { InstructionSet } from '../codec.ts'
import type { LegalInstructionIn } from '../instruction.ts'
import type { InstructionTable } from '../instructions.ts'
import { commonFields, semaphores } from '../instructions.ts'
import { evaluate, ExpressionError } from './expression.ts'
import type { Assignment, Expression } from './syntax.ts'

/**
 * The instruction that a line writes; fields that it leaves out are zero.
 * @throws ExpressionError pointing at the operand that is wrong
 */
export function instructionOf<Table extends InstructionTable>(
  { table, brokenRule }: InstructionSet<Table>,
  at: IToken,
  assignments: readonly Assignment[],
  constants: ReadonlyMap<string, number>,
): LegalInstructionIn<Table> {
  const op = at.image
  if (!Object.hasOwn(table, op)) throw unknownName(`no instruction '${op}'`, Object.keys(table), at)
  const fields: Fields = { ...commonFields, ...table[op]!.fields }
  const values: Record<string, number> = {}
  for (const assignment of assignments) {
    const name = assignment.at.image
    if (!Object.hasOwn(fields, name)) {
      throw unknownName(`${op} has no field '${name}'`, Object.keys(fields), assignment.at)
    }
    if (Object.hasOwn(values, name)) throw new ExpressionError(`field '${name}' is given twice`, assignment.at)
    values[name] = Object.hasOwn(commonFields, name)
      ? maskOf(assignment, constants)
      : valueOf(name, fields[name]!, assignment, constants)
  }
  const all = Object.fromEntries(Object.keys(fields).map((name) => [name, values[name] ?? 0]))
  const instruction = { op, ...all } as unknown as LegalInstructionIn<Table>
  const broken = brokenRule(instruction)
  if (broken !== undefined) throw new ExpressionError(`${op} breaks a rule: ${broken}`, at)
  return instruction
}

function valueOf(
  name: string,
  field: Field,
  { at, values }: Assignment,
  constants: ReadonlyMap<string, number>,
): number {
  const [expression, second] = elements(values, 1)
  if (second !== undefined) throw new ExpressionError(`field '${name}' takes one value`, at)
  const value = evaluate(expression, (each) => {
    const found = named(field, each) ?? constants.get(each)
    const { names } = field
    if (found !== undefined || names === undefined || expression.kind !== 'name') return found
    throw unknownName(`field '${name}' has no value '${each}'`, names, expression.at)
  })
  const { low, high } = fieldRange(field)
  if (value < low || value > high) {
    throw new ExpressionError(`field '${name}' is ${value}; allowed: ${low} to ${high}`, at)
  }
  return value
}

/** The value that a field's own name stands for. */
function named(field: Field, name: string): number | undefined {
  const index = field.names?.indexOf(name) ?? -1
  return index < 0 ? undefined : index
}

/** `s0,s3` as a mask; a single expression is the mask itself. */
function maskOf({ at, values }: Assignment, constants: ReadonlyMap<string, number>): number {
  const [only] = values
  if (only !== undefined && values.length === 1 && semaphoreOf(only) === undefined) {
    const mask = evaluate(only, (name) => {
      const found = constants.get(name)
      if (found !== undefined || only.kind !== 'name') return found
      throw advised(
        `no constant '${name}' is defined here, nor a semaphore; allowed: ${allSemaphores}`,
        [...semaphoreNames, ...constants.keys()],
        only.at,
      )
    })
    if (mask >= 0 && mask < 2 ** semaphores) return mask
    throw new ExpressionError(`the mask is ${mask}; allowed: 0 to ${2 ** semaphores - 1}`, at)
  }
  return values.reduce((mask, value) => {
    const semaphore = semaphoreOf(value)
    if (semaphore === undefined)
      throw advised(`a list of semaphores names each: ${allSemaphores}`, semaphoreNames, value.at)
    if ((mask >> semaphore) & 1) throw new ExpressionError(`semaphore s${semaphore} is given twice`, value.at)
    return mask | (1 << semaphore)
  }, 0)
}

const semaphoreNames = Array.from({ length: semaphores }, (_, index) => `s${index}`)
const allSemaphores = `s0 to s${semaphores - 1}`

const unknownName = (what: string, allowed: readonly string[], at: IToken): ExpressionError =>
  advised(`${what}; allowed: ${allowed.join(', ')}`, allowed, at)

/** An error at a name, with the one that may have been meant. */
function advised(message: string, names: readonly string[], at: IToken): ExpressionError {
  const advice = didYouMean(at.image, names)
  return new ExpressionError(advice === undefined ? message : `${message} (${advice})`, at)
}

function semaphoreOf(expression: Expression): number | undefined {
  const digits = expression.kind === 'name' ? /^s(0|[1-9]\d?)$/.exec(expression.at.image)?.[1] : undefined
  return digits === undefined || Number(digits) >= semaphores ? undefined : Number(digits)
}
