// The static rules as a SystemVerilog function, with which the decoder checks whether a word is an instruction.

import { fieldOffsets, fieldsBits } from '../../base/bits.ts'
import { wordFields } from '../codec.ts'
import type { Mnemonic } from '../instructions.ts'
import { instructionBits, instructions, opcodeBits } from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import type { Comparison, Rule, Term } from '../validate.ts'

/**
 * `function automatic logic <name>(word)`: whether a word has a known opcode and zeros above its fields, and keeps the rules.
 * @param machine the machine whose numbers stand in rules that need one
 */
export function ruleFunction(name: string, rules: readonly Rule[], machine?: Machine): string {
  const cases = (Object.keys(instructions) as Mnemonic[]).flatMap((op) => caseOf(op, rules, machine))
  return [
    `  function automatic logic ${name}(input logic [${instructionBits - 1}:0] word);`,
    `    ${name} = 1'b0;`,
    `    case (word[${opcodeBits - 1}:0])`,
    ...cases.map((line) => `      ${line}`),
    `      default: ${name} = 1'b0;`,
    '    endcase',
    '  endfunction',
  ].join('\n')

  function caseOf(op: Mnemonic, all: readonly Rule[], of: Machine | undefined): string[] {
    const used = fieldsBits(wordFields(op))
    const own = all.filter((rule) => rule.ops.includes(op))
    return [
      `${opcodeBits}'d${instructions[op].opcode}: begin  // ${op}`,
      used === instructionBits
        ? `  ${name} = 1'b1;`
        : `  ${name} = word[${instructionBits - 1}:${used}] == ${instructionBits - used}'d0;`,
      ...own.flatMap(({ sentence, when, comparison }) => [
        `  // ${sentence}`,
        `  if (${[...when.map((each) => holds(op, each, of)), `!(${holds(op, comparison, of)})`].join(' && ')}) ${name} = 1'b0;`,
      ]),
      'end',
    ]
  }
}

function holds(op: Mnemonic, comparison: Comparison, machine: Machine | undefined): string {
  const { left, right } = comparison
  return bitTest(op, comparison, machine) ?? `${sum(op, left, machine)} <= ${sum(op, right, machine)}`
}

/** A comparison of one unsigned field with a bound as a test of bits, if it can be one: that takes no adder. */
function bitTest(op: Mnemonic, { left, right }: Comparison, machine: Machine | undefined): string | undefined {
  const fields = wordFields(op)
  const names = [...left, ...right].filter((term) => typeof term === 'string')
  const [name] = names
  const field = name === undefined ? undefined : fields[name]
  if (name === undefined || field === undefined || names.length > 1 || field.signed === true) return undefined
  const constants = (terms: readonly Term[]): number =>
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

function valueOf(term: Exclude<Term, string>, machine: Machine | undefined): number {
  if (typeof term === 'number') return term
  if (machine === undefined) throw new Error('a rule without a machine names one')
  return term(machine)
}

/** A sum as a signed number of 32 bits. */
function sum(op: Mnemonic, terms: readonly Term[], machine: Machine | undefined): string {
  const each = terms.map((term) => summand(op, term, machine))
  return each.length === 1 ? (each[0] ?? '') : `(${each.join(' + ')})`
}

function summand(op: Mnemonic, term: Term, machine: Machine | undefined): string {
  if (typeof term !== 'string') return literal(valueOf(term, machine))
  const fields = wordFields(op)
  const { bits, signed } = fields[term]!
  const low = fieldOffsets(fields)[term]!
  const high = low + bits - 1
  const extension = signed === true ? `{${32 - bits}{word[${high}]}}` : `${32 - bits}'d0`
  return `$signed({${extension}, word[${high}:${low}]})`
}

const literal = (value: number): string => (value < 0 ? `-32'sd${-value}` : `32'sd${value}`)
