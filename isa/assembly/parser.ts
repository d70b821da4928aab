// The grammar of one line of assembly text; lines are parsed one by one, so that each reports its own error.

import { defined } from '../../base/defined.ts'
import type { IParserErrorMessageProvider, IToken, TokenType } from 'chevrotain'
import { EmbeddedActionsParser, EOF, tokenLabel } from 'chevrotain'
import { didYouMean } from '../../base/did-you-mean.ts'
import type { Assignment, Expression, Statement } from './syntax.ts'
import * as tokens from './tokens.ts'

const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => expecting([expected], actual),
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `unexpected ${found(firstRedundant)}`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual }) =>
    expecting(
      expectedPathsPerAlt.flat().flatMap((path) => path[0] ?? []),
      actual[0],
    ),
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) =>
    expecting(
      expectedIterationPaths.flatMap((path) => path[0] ?? []),
      actual[0],
    ),
}

const expecting = (expected: readonly TokenType[], actual: IToken | undefined): string =>
  `expected ${[...new Set(expected.map(tokenLabel))].join(', ')}; found ${found(actual)}`

function found(token: IToken | undefined): string {
  if (token === undefined || token.tokenType === EOF) return 'the end of the line'
  return token.image.length > 40 ? `'${token.image.slice(0, 40)}…'` : `'${token.image}'`
}

class LineParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens.vocabulary, { maxLookahead: 2, errorMessageProvider: messages, skipValidations: false })
    this.performSelfAnalysis()
  }

  /** line := label | instruction | directive | bytes */
  readonly line = this.RULE('line', (): Statement =>
    this.OR<Statement>([
      { ALT: () => this.SUBRULE(this.#label) },
      { ALT: () => this.SUBRULE(this.#instruction) },
      { ALT: () => this.SUBRULE(this.#directive) },
      { ALT: () => this.SUBRULE(this.#bytes) },
    ]),
  )

  readonly #label = this.RULE('label', (): Statement => {
    const at = this.CONSUME(tokens.name)
    this.CONSUME(tokens.colon)
    return { kind: 'label', at }
  })

  readonly #instruction = this.RULE('instruction', (): Statement => {
    const at = this.CONSUME(tokens.name)
    const fields: Assignment[] = []
    this.MANY(() => fields.push(this.SUBRULE(this.#assignment)))
    return { kind: 'instruction', at, fields }
  })

  readonly #assignment = this.RULE('assignment', (): Assignment => {
    const at = this.CONSUME(tokens.name)
    this.CONSUME(tokens.equals)
    const values: Expression[] = []
    this.AT_LEAST_ONE_SEP({ SEP: tokens.comma, DEF: () => values.push(this.SUBRULE(this.#expression)) })
    return { at, values }
  })

  readonly #directive = this.RULE('directive', (): Statement =>
    this.OR<Statement>([
      { ALT: () => (this.CONSUME(tokens.programDirective), { kind: 'program', at: this.CONSUME(tokens.text) }) },
      { ALT: () => (this.CONSUME(tokens.machineDirective), { kind: 'machineName', at: this.CONSUME1(tokens.name) }) },
      { ALT: () => (this.CONSUME(tokens.weightsDirective), { kind: 'weights', at: this.CONSUME2(tokens.name) }) },
      { ALT: () => (this.CONSUME(tokens.isaDirective), { kind: 'isa', at: this.CONSUME1(tokens.integer) }) },
      { ALT: () => (this.CONSUME(tokens.timingDirective), { kind: 'timing', at: this.CONSUME2(tokens.integer) }) },
      {
        ALT: () => ({
          kind: 'scratch',
          at: this.CONSUME(tokens.scratchDirective),
          value: this.SUBRULE1(this.#expression),
        }),
      },
      {
        ALT: () => {
          this.CONSUME(tokens.constDirective)
          const at = this.CONSUME3(tokens.name)
          this.CONSUME(tokens.equals)
          return { kind: 'const', at, value: this.SUBRULE2(this.#expression) }
        },
      },
      { ALT: () => (this.CONSUME(tokens.wordDirective), { kind: 'word', at: this.CONSUME(tokens.integer) }) },
      { ALT: () => (this.CONSUME(tokens.classDirective), { kind: 'class', at: this.CONSUME1(tokens.text) }) },
      { ALT: () => ({ kind: 'machine', at: this.CONSUME(tokens.machineJson) }) },
      { ALT: () => ({ kind: 'input', at: this.CONSUME(tokens.inputJson) }) },
      { ALT: () => ({ kind: 'output', at: this.CONSUME(tokens.outputJson) }) },
      { ALT: () => ({ kind: 'layer', at: this.CONSUME(tokens.layerJson) }) },
    ]),
  )

  readonly #bytes = this.RULE('bytes', (): Statement =>
    this.OR<Statement>([
      { ALT: () => ({ kind: 'constants', at: this.CONSUME(tokens.constantsDirective) }) },
      { ALT: () => ({ kind: 'hex', at: this.CONSUME(tokens.hexBlock) }) },
      { ALT: () => ({ kind: 'zero', at: this.CONSUME(tokens.zeroDirective) }) },
      { ALT: () => ({ kind: 'end', at: this.CONSUME(tokens.endDirective) }) },
    ]),
  )

  /** expression := sum ('<<' sum)* */
  readonly #expression = this.RULE('expression', (): Expression => {
    let left = this.SUBRULE(this.#sum)
    this.MANY(() => {
      const at = this.CONSUME(tokens.shiftLeft)
      left = { kind: 'operation', at, left, right: this.SUBRULE1(this.#sum) }
    })
    return left
  })

  readonly #sum = this.RULE('sum', (): Expression => {
    let left = this.SUBRULE(this.#product)
    this.MANY(() => {
      const at = this.OR([{ ALT: () => this.CONSUME(tokens.plus) }, { ALT: () => this.CONSUME(tokens.minus) }])
      left = { kind: 'operation', at, left, right: this.SUBRULE1(this.#product) }
    })
    return left
  })

  readonly #product = this.RULE('product', (): Expression => {
    let left = this.SUBRULE(this.#factor)
    this.MANY(() => {
      const at = this.CONSUME(tokens.times)
      left = { kind: 'operation', at, left, right: this.SUBRULE1(this.#factor) }
    })
    return left
  })

  readonly #factor = this.RULE('factor', (): Expression => {
    const signs: IToken[] = []
    this.MANY(() => signs.push(this.CONSUME(tokens.minus)))
    const value = this.OR<Expression>([
      { ALT: () => ({ kind: 'number', at: this.CONSUME(tokens.integer) }) },
      { ALT: () => ({ kind: 'name', at: this.CONSUME(tokens.name) }) },
      {
        ALT: () => {
          this.CONSUME(tokens.open)
          const inner = this.SUBRULE(this.#expression)
          this.CONSUME(tokens.close)
          return inner
        },
      },
    ])
    return signs.reduceRight<Expression>((of, at) => ({ kind: 'negation', at, of }), value)
  })
}

const parser = new LineParser()

export interface LineError {
  readonly message: string
  /** Where to point: the offending token, or the last one of the line if something is missing after it. */
  readonly at: IToken
  readonly after: boolean
}

/** Parses one line's tokens (at least one). */
export function parseLine(line: readonly IToken[]): Statement | LineError {
  parser.input = [...line]
  const statement = parser.line()
  const [error] = parser.errors
  if (error === undefined) return statement
  const [first] = line
  if (error.token === first) {
    const advice = first.tokenType === tokens.unknownDirective ? didYouMean(first.image, tokens.directives) : undefined
    const message = `${expectation(first)}; found ${found(first)}${advice === undefined ? '' : ` (${advice})`}`
    return { message, at: first, after: false }
  }
  const missing = error.token.tokenType === EOF
  return { message: error.message, at: missing ? defined(line.at(-1)) : error.token, after: missing }
}

/** What may stand at the start of a line. */
function expectation({ tokenType }: IToken): string {
  if (tokenType === tokens.noBytes) return "expected bytes in hex, '.zero <bytes>' or '.end'"
  if (tokenType === tokens.unknownDirective) return `expected a directive: ${tokens.directives.join(', ')}`
  return 'expected an instruction, a label or a directive'
}
