// Static rules of instructions, each with its sentence: those of every machine and those of one machine.

import { geometriesPerBlock, logitsWords, maxTapBits, slotsPerBlock } from './model/formats.ts'
import type { Instruction, LegalInstruction } from './instruction.ts'
import type { FieldName, InstructionTable, Mnemonic, OptionalPart } from './instructions.ts'
import { instructions, opsHaving, opsOfKind, opsOfPart } from './instructions.ts'
import { opsWith } from './model/implementation-limits.ts'
import type { Machine } from './model/machine.ts'
import { limitsOf, slotChannels } from './model/machine.ts'
import { drainGroups } from './timing.ts'

/** One summand of a inequality: a number, a field of the instruction, or a number of the machine. */
export type Summand = number | string | ((machine: Machine) => number)

/** `left ≤ right`, both sums of terms. */
export interface Inequality {
  readonly left: readonly Summand[]
  readonly right: readonly Summand[]
}

/** A rule that decoders check too: where all of `when` hold, `inequality` holds. */
export interface Rule {
  /** mnemonics of the table */
  readonly ops: readonly string[]
  readonly sentence: string
  readonly when: readonly Inequality[]
  readonly inequality: Inequality
}

/** A rule over products of fields: checked before a program runs, not by decoders. */
export interface ExtentRule {
  readonly ops: readonly Mnemonic[]
  readonly sentence: string
  readonly holds: (instruction: LegalInstruction, machine: Machine) => boolean
}

const atMost = (left: readonly Summand[], right: readonly Summand[]): Inequality => ({ left, right })
const is = (field: string, value: 0 | 1): Inequality => (value === 0 ? atMost([field], [0]) : atMost([1], [field]))
const rule = (
  ops: readonly string[],
  sentence: string,
  inequality: Inequality,
  when: readonly Inequality[] = [],
): Rule => ({ ops, sentence, inequality, when })
/** For rules that depend on neither a field nor a kind. */
const only = (...ops: readonly Mnemonic[]): readonly Mnemonic[] => ops

/** Rules that hold on every machine: a word that breaks one decodes to Illegal. */
export function rulesOf(table: InstructionTable): readonly Rule[] {
  const having = (...names: readonly FieldName[]): string[] => opsHaving(table, ...names)
  const bankOperations = opsOfKind(table, 'bankOperation')
  const negative = atMost(['low', 1], [0])
  return [
    rule(having('positions'), 'positions is at least 1', atMost([1], ['positions'])),
    rule(having('channels'), 'channels is at least 1', atMost([1], ['channels'])),
    rule(only('STOREL'), 'count is at least 1', atMost([1], ['count'])),
    rule(only('STOREL'), `first + count is at most ${logitsWords}`, atMost(['first', 'count'], [logitsWords])),
    rule(only('LOADP'), 'groups is at least 1', atMost([1], ['groups'])),
    rule(only('LOADT'), `slots is at most ${slotsPerBlock}`, atMost(['slots'], [slotsPerBlock])),
    rule(only('LOADT'), `tapBits is at most ${maxTapBits}`, atMost(['tapBits'], [maxTapBits])),
    rule(only('LAYER'), 'patchHeight is at least 1', atMost([1], ['patchHeight'])),
    rule(only('LAYER'), 'patchWidth is at least 1', atMost([1], ['patchWidth'])),
    rule(only('LAYER'), 'low is at most high', atMost(['low'], ['high'])),
    rule(only('LAYER'), 'low is at least −8 without wide', atMost([-8], ['low']), [is('wide', 0)]),
    rule(only('LAYER'), 'high is at most 15 without wide', atMost(['high'], [15]), [is('wide', 0)]),
    rule(only('LAYER'), 'high is at most 7 without wide where low is negative', atMost(['high'], [7]), [
      is('wide', 0),
      negative,
    ]),
    rule(only('LAYER'), 'low is at least −128', atMost([-128], ['low'])),
    rule(only('LAYER'), 'high is at most 127 where low is negative', atMost(['high'], [127]), [negative]),
    rule(having('rows'), 'rows is at least 1', atMost([1], ['rows'])),
    rule(having('columns'), 'columns is at least 1', atMost([1], ['columns'])),
    rule(only('COMPUTE'), 'beats is at least 1', atMost([1], ['beats'])),
    rule(only('COMPUTE'), 'logits needs laneSum', atMost(['logits'], ['laneSum'])),
    rule(bankOperations, 'slots is at least 1', atMost([1], ['slots'])),
    rule(only('POOL'), 'windowHeight is at least 1', atMost([1], ['windowHeight'])),
    rule(only('POOL'), 'windowHeight is at most 8', atMost(['windowHeight'], [8])),
    rule(only('POOL'), 'windowWidth is at least 1', atMost([1], ['windowWidth'])),
    rule(only('POOL'), 'windowWidth is at most 8', atMost(['windowWidth'], [8])),
    rule(only('POOL'), 'advance is below windowWidth', atMost(['advance', 1], ['windowWidth']), [
      atMost([1], ['advance']),
    ]),
    rule(having('fill', 'wide'), 'fill is at most 15 without wide', atMost(['fill'], [15]), [is('wide', 0)]),
  ]
}

/** Rules that need the machine: its decoder refuses a word that breaks one. */
export function machineRulesOf(table: InstructionTable): readonly Rule[] {
  const having = (...names: readonly FieldName[]): string[] => opsHaving(table, ...names)
  const bankOperations = opsOfKind(table, 'bankOperation')
  const { featureWords, weightBeats, parameterGroups } = {
    featureWords: (machine: Machine) => machine.featureWords,
    weightBeats: (machine: Machine) => machine.weightBeats,
    parameterGroups: (machine: Machine) => machine.parameterGroups,
  }
  return [
    rule(having('startBank'), 'startBank is below banks', atMost(['startBank', 1], [(m) => m.banks])),
    rule(having('base'), 'base is below featureWords', atMost(['base', 1], [featureWords])),
    rule(having('beat', 'beats'), 'beat + beats is at most weightBeats', atMost(['beat', 'beats'], [weightBeats])),
    rule(only('LOADP'), 'group + groups is at most parameterGroups', atMost(['group', 'groups'], [parameterGroups])),
    rule(only('COMPUTE'), 'group is below parameterGroups', atMost(['group', 1], [parameterGroups])),
    rule(only('COMPUTE'), 'beats is at least rows ÷ drainRows', atMost([drainGroups], ['beats'])),
    rule(only('COMPUTE'), 'output is below featureWords without logits', atMost(['output', 1], [featureWords]), [
      is('logits', 0),
    ]),
    rule(
      only('COMPUTE'),
      `output + rows is at most ${logitsWords} with logits`,
      atMost(['output', (m) => m.rows], [logitsWords]),
      [is('logits', 1)],
    ),
    rule(bankOperations, 'source is below featureWords', atMost(['source', 1], [featureWords])),
    rule(bankOperations, 'output is below featureWords', atMost(['output', 1], [featureWords])),
  ]
}

export const rules = rulesOf(instructions)
export const machineRules = machineRulesOf(instructions)

/** Rules that only a machine with implementation limits has: its decoder refuses a word that breaks one. */
export function limitRules(machine: Machine): readonly Rule[] {
  if (machine.limits === undefined) return []
  const found = limitRulesOf.get(machine.limits)
  if (found !== undefined) return found
  const made = makeLimitRules(machine)
  limitRulesOf.set(machine.limits, made)
  return made
}

const limitRulesOf = new WeakMap<object, readonly Rule[]>()

/** How a rule names what a machine leaves out. */
const partNames = {
  bankSide: 'bank operations',
  columnRanges: 'COLUMNS',
  laneSums: 'a logits memory',
} as const satisfies Record<OptionalPart, string>

function makeLimitRules(machine: Machine): Rule[] {
  const limits = limitsOf(machine)
  const { geometries, taps, logitsWords: words, dramAddressBits, laneSums, postInterval, fieldBits } = limits
  const made = Object.entries(fieldBits).flatMap(([name, bits]) => {
    const ops = opsWith(name)
    return ops.length === 0
      ? []
      : [rule(ops, `${name} is at most ${2 ** bits - 1} (limits)`, atMost([name], [2 ** bits - 1]))]
  })
  if (laneSums && words < logitsWords) {
    made.push(rule(only('STOREL'), `first + count is at most ${words} (limits)`, atMost(['first', 'count'], [words])))
    made.push(
      rule(
        only('COMPUTE'),
        `output + rows is at most ${words} with logits (limits)`,
        atMost(['output', machine.rows], [words]),
        [is('logits', 1)],
      ),
    )
  }
  const tapBits = 2 * Math.log2(taps)
  if (tapBits < maxTapBits)
    made.push(rule(only('LOADT'), `tapBits is at most ${tapBits} (limits)`, atMost(['tapBits'], [tapBits])))
  if (dramAddressBits < 30) {
    const units = 2 ** (dramAddressBits - 6)
    made.push(rule(opsWith('address'), `address is below ${units} (limits)`, atMost(['address', 1], [units])))
  }
  if (!laneSums) made.push(rule(only('COMPUTE'), 'the machine has lane sums (limits)', atMost(['laneSum'], [0])))
  if (postInterval > 1)
    made.push(rule(only('COMPUTE'), 'the machine has partial sums (limits)', atMost(['accumulate'], [0])))
  for (const [part, name] of Object.entries(partNames) as [OptionalPart, string][]) {
    if (!limits[part])
      made.push(rule(opsOfPart(instructions, part), `the machine has ${name} (limits)`, atMost([1], [0])))
  }
  if (limits.bankSide && geometries < geometriesPerBlock)
    made.push(
      rule(opsWith('geometry'), `geometry is below ${geometries} (limits)`, atMost(['geometry', 1], [geometries])),
    )
  return made
}

/** Rules over products of fields, for checkers of whole programs. */
export const extentRules: readonly ExtentRule[] = [
  {
    ops: ['LOAD', 'STORE'],
    sentence: 'the last word, base + (slots · planes − 1) · planeStride + positions − 1, is below featureWords',
    holds: (i, m) => {
      if (i.op !== 'LOAD' && i.op !== 'STORE') return true
      const planes = Math.ceil(Math.max(i.channels, 1) / slotChannels(m)) * (1 + i.wide)
      return i.base + (planes - 1) * i.planeStride + i.positions <= m.featureWords
    },
  },
  {
    ops: ['LAYER'],
    sentence: 'planeStride is at least patchHeight · patchWidth',
    holds: (i) => i.op !== 'LAYER' || i.planeStride >= i.patchHeight * i.patchWidth,
  },
  {
    ops: ['COMPUTE'],
    sentence: 'output is a multiple of drainRows with logits',
    holds: (i, m) => i.op !== 'COMPUTE' || i.logits === 0 || i.output % m.drainRows === 0,
  },
  {
    ops: ['STOREL'],
    sentence: 'first is a multiple of drainRows',
    holds: (i, m) => i.op !== 'STOREL' || i.first % m.drainRows === 0,
  },
]

/** The sentence of the first rule of a list that an instruction breaks; rules of a machine need it. */
export const firstBroken = (
  list: readonly Rule[],
  instruction: { readonly op: string },
  machine?: Machine,
): string | undefined => list.find((each) => breaks(instruction, each, machine))?.sentence

/** The sentence of the first machine-independent rule that an instruction breaks. */
export const brokenRule = (instruction: LegalInstruction): string | undefined => firstBroken(rules, instruction)

/** The sentence of the first rule, machine-independent or of the machine, for which a decoder of this machine refuses the instruction. */
export function refusal(instruction: Instruction, machine: Machine): string | undefined {
  if (instruction.op === 'Illegal') return instruction.reason
  return (
    brokenRule(instruction) ??
    firstBroken(machineRules, instruction, machine) ??
    firstBroken(limitRules(machine), instruction, machine)
  )
}

/** The sentences of every rule that an instruction breaks on a machine; an illegal word breaks its own reason. */
export function checkInstruction(instruction: Instruction, machine: Machine): string[] {
  if (instruction.op === 'Illegal') return [instruction.reason]
  return [
    ...[...rules, ...machineRules, ...limitRules(machine)].filter((each) => breaks(instruction, each, machine)),
    ...extentRules.filter((each) => each.ops.includes(instruction.op) && !each.holds(instruction, machine)),
  ].map(({ sentence }) => sentence)
}

function breaks(instruction: { readonly op: string }, { ops, when, inequality }: Rule, machine?: Machine): boolean {
  if (!ops.includes(instruction.op)) return false
  const fields = instruction as unknown as Readonly<Record<string, number>>
  const sum = (terms: readonly Summand[]): number => terms.reduce<number>((total, term) => total + valueOf(term), 0)
  const valueOf = (term: Summand): number => {
    if (typeof term === 'number') return term
    if (typeof term === 'string') return fields[term]!
    if (machine === undefined) throw new Error('a rule of a machine was checked without one')
    return term(machine)
  }
  const holds = ({ left, right }: Inequality): boolean => sum(left) <= sum(right)
  return when.every(holds) && !holds(inequality)
}
