// Static rules of instructions, each with its sentence: what decodes at all, and what one machine accepts.

import { geometriesPerBlock, logitsWords, maxTapBits, slotsPerBlock } from './model/formats.ts'
import type { Instruction, LegalInstruction } from './instruction.ts'
import type { Mnemonic } from './instructions.ts'
import { opsWith } from './model/limits.ts'
import type { Machine } from './model/machine.ts'
import { limitsOf, slotChannels } from './model/machine.ts'
import { drainGroups } from './timing.ts'

/** One summand of a comparison: a number, a field of the instruction, or a number of the machine. */
export type Term = number | string | ((machine: Machine) => number)

/** `left ≤ right`, both sums of terms. */
export interface Comparison {
  readonly left: readonly Term[]
  readonly right: readonly Term[]
}

/** A rule that decoders check too: where all of `when` hold, `comparison` holds. */
export interface Rule {
  readonly ops: readonly Mnemonic[]
  readonly sentence: string
  readonly when: readonly Comparison[]
  readonly comparison: Comparison
}

/** A rule over products of fields: checked before a program runs, not by decoders. */
export interface ExtentRule {
  readonly ops: readonly Mnemonic[]
  readonly sentence: string
  readonly holds: (instruction: LegalInstruction, machine: Machine) => boolean
}

const atMost = (left: readonly Term[], right: readonly Term[]): Comparison => ({ left, right })
const is = (field: string, value: 0 | 1): Comparison => (value === 0 ? atMost([field], [0]) : atMost([1], [field]))
const rule = (
  ops: readonly Mnemonic[],
  sentence: string,
  comparison: Comparison,
  when: readonly Comparison[] = [],
): Rule => ({ ops, sentence, comparison, when })

const bankSide: readonly Mnemonic[] = ['POOL', 'MOVE', 'REPATCH']

/** Rules that hold on every machine: a word that breaks one decodes to Illegal. */
export const rules: readonly Rule[] = [
  rule(['LOAD', 'STORE'], 'positions is at least 1', atMost([1], ['positions'])),
  rule(['LOAD', 'STORE'], 'channels is at least 1', atMost([1], ['channels'])),
  rule(['STOREL'], 'count is at least 1', atMost([1], ['count'])),
  rule(['STOREL'], `first + count is at most ${logitsWords}`, atMost(['first', 'count'], [logitsWords])),
  rule(['LOADP'], 'groups is at least 1', atMost([1], ['groups'])),
  rule(['LOADT'], `slots is at most ${slotsPerBlock}`, atMost(['slots'], [slotsPerBlock])),
  rule(['LOADT'], `tapBits is at most ${maxTapBits}`, atMost(['tapBits'], [maxTapBits])),
  rule(['LAYER'], 'patchHeight is at least 1', atMost([1], ['patchHeight'])),
  rule(['LAYER'], 'patchWidth is at least 1', atMost([1], ['patchWidth'])),
  rule(['LAYER'], 'low is at most high', atMost(['low'], ['high'])),
  rule(['LAYER'], 'low is at least −8 without wide', atMost([-8], ['low']), [is('wide', 0)]),
  rule(['LAYER'], 'high is at most 15 without wide', atMost(['high'], [15]), [is('wide', 0)]),
  rule(['LAYER'], 'high is at most 7 without wide where low is negative', atMost(['high'], [7]), [
    is('wide', 0),
    atMost(['low', 1], [0]),
  ]),
  rule(['LAYER'], 'low is at least −128', atMost([-128], ['low'])),
  rule(['LAYER'], 'high is at most 127 where low is negative', atMost(['high'], [127]), [atMost(['low', 1], [0])]),
  rule(['COMPUTE', 'POOL', 'MOVE', 'REPATCH'], 'rows is at least 1', atMost([1], ['rows'])),
  rule(['COLUMNS'], 'columns is at least 1', atMost([1], ['columns'])),
  rule(['COMPUTE'], 'beats is at least 1', atMost([1], ['beats'])),
  rule(['COMPUTE'], 'logits needs laneSum', atMost(['logits'], ['laneSum'])),
  rule(bankSide, 'slots is at least 1', atMost([1], ['slots'])),
  rule(['POOL'], 'windowHeight is at least 1', atMost([1], ['windowHeight'])),
  rule(['POOL'], 'windowHeight is at most 8', atMost(['windowHeight'], [8])),
  rule(['POOL'], 'windowWidth is at least 1', atMost([1], ['windowWidth'])),
  rule(['POOL'], 'windowWidth is at most 8', atMost(['windowWidth'], [8])),
  rule(['POOL'], 'advance is below windowWidth', atMost(['advance', 1], ['windowWidth']), [atMost([1], ['advance'])]),
  rule(['MOVE', 'REPATCH'], 'fill is at most 15 without wide', atMost(['fill'], [15]), [is('wide', 0)]),
]

/** Rules that need the machine: its decoder refuses a word that breaks one. */
export const machineRules: readonly Rule[] = [
  rule(['LOAD', 'STORE', 'LAYER'], 'startBank is below banks', atMost(['startBank', 1], [(m) => m.banks])),
  rule(['LOAD', 'STORE'], 'base is below featureWords', atMost(['base', 1], [(m) => m.featureWords])),
  rule(['LOADW', 'COMPUTE'], 'beat + beats is at most weightBeats', atMost(['beat', 'beats'], [(m) => m.weightBeats])),
  rule(['LOADP'], 'group + groups is at most parameterGroups', atMost(['group', 'groups'], [(m) => m.parameterGroups])),
  rule(['COMPUTE'], 'group is below parameterGroups', atMost(['group', 1], [(m) => m.parameterGroups])),
  rule(['COMPUTE'], 'beats is at least rows ÷ drainRows', atMost([drainGroups], ['beats'])),
  rule(['COMPUTE'], 'output is below featureWords without logits', atMost(['output', 1], [(m) => m.featureWords]), [
    is('logits', 0),
  ]),
  rule(
    ['COMPUTE'],
    `output + rows is at most ${logitsWords} with logits`,
    atMost(['output', (m) => m.rows], [logitsWords]),
    [is('logits', 1)],
  ),
  rule(bankSide, 'source is below featureWords', atMost(['source', 1], [(m) => m.featureWords])),
  rule(bankSide, 'output is below featureWords', atMost(['output', 1], [(m) => m.featureWords])),
]

/** Rules that only a machine with limits has: its decoder refuses a word that breaks one. */
export function limitRules(machine: Machine): readonly Rule[] {
  if (machine.limits === undefined) return []
  const known = limitRulesOf.get(machine.limits)
  if (known !== undefined) return known
  const made = makeLimitRules(machine)
  limitRulesOf.set(machine.limits, made)
  return made
}

const limitRulesOf = new WeakMap<object, readonly Rule[]>()

function makeLimitRules(machine: Machine): Rule[] {
  const { geometries, taps, logitsWords: words, dramAddressBits, bankSide, columnRanges, laneSums, postInterval, fieldBits } = limitsOf(machine) // prettier-ignore
  const made = Object.entries(fieldBits).flatMap(([name, bits]) => {
    const ops = opsWith(name)
    return ops.length === 0
      ? []
      : [rule(ops, `${name} is at most ${2 ** bits - 1} (limits)`, atMost([name], [2 ** bits - 1]))]
  })
  if (laneSums && words < logitsWords) {
    made.push(rule(['STOREL'], `first + count is at most ${words} (limits)`, atMost(['first', 'count'], [words])))
    made.push(
      rule(
        ['COMPUTE'],
        `output + rows is at most ${words} with logits (limits)`,
        atMost(['output', machine.rows], [words]),
        [is('logits', 1)],
      ),
    )
  }
  const tapBits = 2 * Math.log2(taps)
  if (tapBits < maxTapBits)
    made.push(rule(['LOADT'], `tapBits is at most ${tapBits} (limits)`, atMost(['tapBits'], [tapBits])))
  if (dramAddressBits < 30) {
    const units = 2 ** (dramAddressBits - 6)
    made.push(rule(opsWith('address'), `address is below ${units} (limits)`, atMost(['address', 1], [units])))
  }
  if (!laneSums) {
    made.push(rule(['COMPUTE'], 'the machine has lane sums (limits)', atMost(['laneSum'], [0])))
    made.push(rule(['STOREL'], 'the machine has a logits memory (limits)', atMost([1], [0])))
  }
  if (postInterval > 1)
    made.push(rule(['COMPUTE'], 'the machine has partial sums (limits)', atMost(['accumulate'], [0])))
  if (!columnRanges) made.push(rule(['COLUMNS'], 'the machine has COLUMNS (limits)', atMost([1], [0])))
  if (!bankSide)
    made.push(rule(['POOL', 'MOVE', 'REPATCH'], 'the machine has POOL, MOVE and REPATCH (limits)', atMost([1], [0])))
  else if (geometries < geometriesPerBlock)
    made.push(
      rule(
        ['POOL', 'MOVE', 'REPATCH'],
        `geometry is below ${geometries} (limits)`,
        atMost(['geometry', 1], [geometries]),
      ),
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

/** The sentence of the first machine-independent rule that an instruction breaks. */
export function brokenRule(instruction: LegalInstruction): string | undefined {
  return rules.find((each) => breaks(instruction, each))?.sentence
}

/** The sentence of the first rule, machine-independent or of the machine, for which a decoder of this machine refuses the instruction. */
export function refusal(instruction: Instruction, machine: Machine): string | undefined {
  if (instruction.op === 'Illegal') return instruction.reason
  const own = [machineRules, limitRules(machine)]
  return (
    brokenRule(instruction) ??
    own.flatMap((list) => list.find((each) => breaks(instruction, each, machine)) ?? [])[0]?.sentence
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

function breaks(instruction: LegalInstruction, { ops, when, comparison }: Rule, machine?: Machine): boolean {
  if (!ops.includes(instruction.op)) return false
  const fields = instruction as unknown as Readonly<Record<string, number>>
  const sum = (terms: readonly Term[]): number => terms.reduce<number>((total, term) => total + valueOf(term), 0)
  const valueOf = (term: Term): number => {
    if (typeof term === 'number') return term
    if (typeof term === 'string') return fields[term]!
    if (machine === undefined) throw new Error('a rule without a machine names one')
    return term(machine)
  }
  const holds = ({ left, right }: Comparison): boolean => sum(left) <= sum(right)
  return when.every(holds) && !holds(comparison)
}
