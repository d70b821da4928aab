// Assembly text to a program: tokens, lines, statements; every error is reported with its location.

import type { IToken } from 'chevrotain'
import { describe, DlpError } from '../../base/error.ts'
import { instructionSet } from '../codec.ts'
import type { InstructionSet } from '../codec.ts'
import type { InstructionIn } from '../instruction.ts'
import type { InstructionTable } from '../instructions.ts'
import type { Program } from '../program.ts'
import { Builder, StatementError } from './build.ts'
import { ExpressionError } from './expression.ts'
import { parseLine } from './parser.ts'
import { Problems } from './problems.ts'
import type { SourceLocation } from './problems.ts'
import { close, lexer, minus, newLine, open, plus, shiftLeft, times } from './tokens.ts'

/** Deepest nesting of parentheses. */
const deepestNesting = 100
/** Operators in a line at most: expressions are evaluated recursively. */
const mostOperators = 1000
const operators = [plus, minus, times, shiftLeft]

/**
 * Assembles a program.
 * @param file names the text in messages
 * @throws DlpError with up to 20 errors, each as file:line:column, the line and a caret
 */
export type Assembler<Table extends InstructionTable> = (text: string, file: string) => Program<InstructionIn<Table>>

export const assemblerOf =
  <Table extends InstructionTable>(set: InstructionSet<Table>): Assembler<Table> =>
  (text, file) =>
    assembleWith(set, text, file)

export const assemble = assemblerOf(instructionSet)

function assembleWith<Table extends InstructionTable>(
  set: InstructionSet<Table>,
  text: string,
  file: string,
): Program<InstructionIn<Table>> {
  const problems = new Problems(text, file)
  const { tokens, errors } = lexer.tokenize(text)
  for (const { message, line = 1, column = 1, length } of errors) problems.add(message, { line, column, length })
  const builder = new Builder(set)
  for (const line of linesOf(tokens)) addLine(line, builder, problems)
  problems.throwIfAny()
  try {
    return builder.finish()
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    const end = tokens.at(-1)
    problems.add(
      error.message,
      error.location ?? (end === undefined ? { line: 1, column: 1, length: 1 } : locationOf(end)),
    )
    problems.throwIfAny()
    throw error
  }
}

function addLine<Table extends InstructionTable>(
  line: readonly IToken[],
  builder: Builder<Table>,
  problems: Problems,
): void {
  const deep = tooDeep(line)
  const long = line.filter(({ tokenType }) => operators.includes(tokenType))[mostOperators]
  const refused = deep ?? long
  if (refused !== undefined) {
    const what =
      deep === undefined ? `${mostOperators} operators in a line` : `${deepestNesting} parentheses within each other`
    problems.add(`more than ${what}`, locationOf(refused))
    return
  }
  const statement = parseLine(line)
  if ('message' in statement) {
    const location = locationOf(statement.at)
    problems.add(
      statement.message,
      statement.after ? { ...location, column: location.column + location.length, length: 1 } : location,
    )
    return
  }
  try {
    builder.add(statement)
  } catch (error) {
    if (error instanceof ExpressionError) problems.add(error.message, locationOf(error.at))
    else if (error instanceof StatementError) problems.add(error.message, error.location ?? locationOf(statement.at))
    else if (error instanceof DlpError) problems.add(describe(error.complaint), locationOf(statement.at))
    else throw error
  }
}

/** The tokens of each line that has some. */
function linesOf(tokens: readonly IToken[]): IToken[][] {
  const lines: IToken[][] = []
  let line: IToken[] = []
  for (const token of tokens) {
    if (token.tokenType !== newLine) {
      line.push(token)
      continue
    }
    if (line.length > 0) lines.push(line)
    line = []
  }
  if (line.length > 0) lines.push(line)
  return lines
}

function tooDeep(line: readonly IToken[]): IToken | undefined {
  let depth = 0
  return line.find(({ tokenType }) => {
    depth += tokenType === open ? 1 : tokenType === close ? -1 : 0
    return depth > deepestNesting
  })
}

const locationOf = ({ startLine = 1, startColumn = 1, image }: IToken): SourceLocation => {
  const end = image.indexOf('\n')
  return { line: startLine, column: startColumn, length: end < 0 ? image.length : end }
}
