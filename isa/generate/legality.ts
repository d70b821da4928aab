// The static rules as a SystemVerilog function, with which the decoder checks whether a word is an instruction.

import { fieldOffsets, fieldsBits } from '../../base/bits.ts'
import type { Fields } from '../../base/bits.ts'
import { wordFieldsOf } from '../codec.ts'
import type { InstructionEntry, InstructionTable } from '../instructions.ts'
import { instructionBits, opcodeBits } from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import type { Inequality, Rule, Summand } from '../validate.ts'

/**
 * `function automatic logic <name>(word)`: whether a word has a known opcode and zeros above its fields, and keeps the rules.
 * @param machine the machine whose numbers stand in rules that need one
 */
export function ruleFunction(
  name: string,
  instructions: InstructionTable,
  rules: readonly Rule[],
  machine?: Machine,
): string {
  const cases = Object.entries(instructions).flatMap(([op, entry]) => caseOf(op, entry))
  return [
    `  function automatic logic ${name}(input logic [${instructionBits - 1}:0] word);`,
    `    ${name} = 1'b0;`,
    `    case (word[${opcodeBits - 1}:0])`,
    ...cases.map((line) => `      ${line}`),
    `      default: ${name} = 1'b0;`,
    '    endcase',
    '  endfunction',
  ].join('\n')

  function caseOf(op: string, entry: InstructionEntry): string[] {
    const fields = wordFieldsOf(entry)
    const used = fieldsBits(fields)
    const own = rules.filter(({ ops }) => ops.includes(op))
    return [
      `${opcodeBits}'d${entry.opcode}: begin  // ${op}`,
      used === instructionBits
        ? `  ${name} = 1'b1;`
        : `  ${name} = word[${instructionBits - 1}:${used}] == ${instructionBits - used}'d0;`,
      ...own.flatMap(({ sentence, when, inequality }) => [
        `  // ${sentence}`,
        `  if (${[...when.map((each) => holds(fields, each, machine)), `!(${holds(fields, inequality, machine)})`].join(' && ')}) ${name} = 1'b0;`,
      ]),
      'end',
    ]
  }
}

function holds(fields: Fields, inequality: Inequality, machine: Machine | undefined): string {
  const { left, right } = inequality
  return bitTest(fields, inequality, machine) ?? `${sum(fields, left, machine)} <= ${sum(fields, right, machine)}`
}

/** An inequality of one unsigned field with a bound as a test of bits, if it can be one: that takes no adder. */
function bitTest(fields: Fields, { left, right }: Inequality, machine: Machine | undefined): string | undefined {
  const names = [...left, ...right].filter((term) => typeof term === 'string')
  const [name] = names
  const field = name === undefined ? undefined : fields[name]
  if (name === undefined || field === undefined || names.length > 1 || field.signed === true) return undefined
  const constants = (terms: readonly Summand[]): number =>
    terms.reduce<number>((total, term) => total + (typeof term === 'string' ? 0 : valueOf(term, machine)), 0)
  const bound = constants(right) - constants(left)
  const low = fieldOffsets(fields)[name]!
  const high = low + field.bits - 1
  // field >= −bound
  if (right.includes(name)) return bound === -1 ? `word[${high}:${low}] != ${field.bits}'d0` : undefined
  // field <= bound
  const above = Math.log2(bound + 1)
  if (!Number.isInteger(above)) return undefined
  return above >= field.bits ? "1'b1" : `word[${high}:${low + above}] == ${field.bits - above}'d0`
}

function valueOf(term: Exclude<Summand, string>, machine: Machine | undefined): number {
  if (typeof term === 'number') return term
  if (machine === undefined) throw new Error('a rule of a machine was generated without one')
  return term(machine)
}

/** A sum as a signed number of 32 bits. */
function sum(fields: Fields, terms: readonly Summand[], machine: Machine | undefined): string {
  const each = terms.map((term) => summand(fields, term, machine))
  return each.length === 1 ? (each[0] ?? '') : `(${each.join(' + ')})`
}

function summand(fields: Fields, term: Summand, machine: Machine | undefined): string {
  if (typeof term !== 'string') return literal(valueOf(term, machine))
  const { bits, signed } = fields[term]!
  const low = fieldOffsets(fields)[term]!
  const high = low + bits - 1
  const extension = signed === true ? `{${32 - bits}{word[${high}]}}` : `${32 - bits}'d0`
  return `$signed({${extension}, word[${high}:${low}]})`
}

const literal = (value: number): string => (value < 0 ? `-32'sd${-value}` : `32'sd${value}`)
