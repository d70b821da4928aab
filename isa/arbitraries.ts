// fast-check arbitraries of the ISA: machines, instructions, words, geometries and the other formats.

import fc from 'fast-check'
import type { ProgramCase } from './arbitraries/program.ts'
import { randomProgram } from './arbitraries/program.ts'
import type { FieldValues, Fields } from '../base/bits.ts'
import type { Geometry, RowParameters, Slot } from './model/formats.ts'
import { evenShifts, geometryFields, maxShift, parameterFields, slotFields } from './model/formats.ts'
import type { Instruction, InstructionIn, LegalInstructionIn } from './instruction.ts'
import { codeRange, fieldRange } from '../base/bits.ts'
import type { InstructionEntry, InstructionTable } from './instructions.ts'
import { commonFields, instructionBits } from './instructions.ts'
import { instructionSet } from './codec.ts'
import type { InstructionSet } from './codec.ts'
import type { Machine } from './model/machine.ts'
import { machineLaws } from './model/machine-laws.ts'
import { leastSerialPostCycles } from './timing.ts'

/** Every value that the fields can hold, the ends of their ranges often. */
export function fieldValues<F extends Fields>(fields: F): fc.Arbitrary<FieldValues<F>> {
  const entries = Object.entries(fields).map(([name, field]) => {
    const { low, high } = fieldRange(field)
    return [name, fc.oneof({ weight: 4, arbitrary: fc.integer({ min: low, max: high }) }, fc.constantFrom(low, high))]
  })
  return fc.record(Object.fromEntries(entries)) as unknown as fc.Arbitrary<FieldValues<F>>
}

/** Any 128-bit word: most decode to Illegal. */
export const word: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: (1n << BigInt(instructionBits)) - 1n })

/** Fields that must not be zero, in whatever instruction, so that few draws break a rule. */
const positive: Readonly<Record<string, fc.Arbitrary<number>>> = {
  positions: fc.integer({ min: 1, max: 16383 }),
  rows: fc.integer({ min: 1, max: 255 }),
  columns: fc.integer({ min: 1, max: 255 }),
  windowHeight: fc.integer({ min: 1, max: 8 }),
  windowWidth: fc.integer({ min: 1, max: 8 }),
}

/** Arbitraries of a table's instructions and words. */
export interface InstructionArbitraries<Table extends InstructionTable> {
  /** An instruction that keeps every rule that holds on all machines, with any field values; of all instructions if none is named. */
  readonly legalInstruction: <Op extends keyof Table & string = keyof Table & string>(
    ...ops: readonly Op[]
  ) => fc.Arbitrary<LegalInstructionIn<Table>>
  /** Any instruction: mostly legal, sometimes an illegal word. */
  readonly instruction: fc.Arbitrary<InstructionIn<Table>>
}

export function instructionArbitrariesOf<Table extends InstructionTable>({
  table,
  brokenRule,
  decode,
}: InstructionSet<Table>): InstructionArbitraries<Table> {
  const legalInstruction = (...ops: readonly string[]): fc.Arbitrary<LegalInstructionIn<Table>> =>
    fc
      .constantFrom(...(ops.length > 0 ? ops : Object.keys(table)))
      .chain((op) => {
        const entry = table[op]!
        const fields: Fields = { ...commonFields, ...entry.fields }
        const own = Object.fromEntries(Object.entries(positive).filter(([name]) => name in fields))
        return fc
          .tuple(fieldValues(fields), fc.record(own))
          .map(([any, low]) => repaired(entry, { op, ...any, ...low }) as LegalInstructionIn<Table>)
      })
      .filter((instruction) => brokenRule(instruction) === undefined)
  return {
    legalInstruction,
    instruction: fc.oneof({ weight: 8, arbitrary: legalInstruction() }, { weight: 1, arbitrary: word.map(decode) }),
  }
}

export const { legalInstruction, instruction } = instructionArbitrariesOf(instructionSet)

/** A word near an instruction's: its encoding with up to three bits flipped. */
export const nearWord = (encode: (instruction: Instruction) => bigint): fc.Arbitrary<bigint> =>
  fc
    .tuple(legalInstruction(), fc.array(fc.integer({ min: 0, max: instructionBits - 1 }), { maxLength: 3 }))
    .map(([legal, flips]) => flips.reduce((flipped, bit) => flipped ^ (1n << BigInt(bit)), encode(legal)))

export const geometry: fc.Arbitrary<Geometry> = fieldValues(geometryFields)
export const slot: fc.Arbitrary<Slot> = fieldValues(slotFields)
export const parameter: fc.Arbitrary<RowParameters> = fc
  .tuple(fieldValues(parameterFields), fc.integer({ min: 0, max: maxShift }), fc.constantFrom(...evenShifts))
  .map(([values, up, even]) => ({ ...values, shift: values.even === 1 ? even : up }))

const sizes = {
  gridHeight: fc.integer({ min: 1, max: 4 }),
  gridWidth: fc.integer({ min: 1, max: 4 }),
  clusters: fc.integer({ min: 1, max: 3 }),
  bankQuads: fc.integer({ min: 2, max: 4 }),
  drainRowsPerCluster: fc.integer({ min: 1, max: 2 }),
  rowsFactor: fc.integer({ min: 1, max: 3 }),
  featureWords: fc.constantFrom(64, 100, 256, 512),
  weightBeats: fc.constantFrom(64, 100, 256),
  parameterGroups: fc.constantFrom(4, 7, 16),
  accumulatorBits: fc.integer({ min: 21, max: 32 }),
  packedPairs: fc.boolean(),
  axiBits: fc.constantFrom(64, 128, 256, 512),
  dramLatencyCycles: fc.integer({ min: 1, max: 40 }),
  outstandingBursts: fc.integer({ min: 1, max: 8 }),
  queueDepth: fc.integer({ min: 1, max: 4 }),
}

type Drawn<S extends object> = { readonly [K in keyof S]: S[K] extends fc.Arbitrary<infer Value> ? Value : never }

function machineOf({ bankQuads, drainRowsPerCluster, rowsFactor, ...own }: Drawn<typeof sizes>): Machine {
  const banks = 2 * bankQuads
  return {
    name: 'random',
    ...own,
    rows: rowsFactor * own.clusters * banks,
    banks,
    drainRows: own.clusters * drainRowsPerCluster,
    packedPairs: own.packedPairs && own.accumulatorBits <= 22,
    instructionWords: 512,
    clockMHz: 100,
  }
}

const keepsLaws = (candidate: Machine): boolean => machineLaws.every((law) => law.holds(candidate))

/** A small machine that keeps every law and has every instruction. */
export const fullMachine: fc.Arbitrary<Machine> = fc.record(sizes).map(machineOf).filter(keepsLaws)

/** A small machine that keeps every law and whose post works bit by bit, without the parts that such a machine cannot have. */
export const serialMachine: fc.Arbitrary<Machine> = fc
  .tuple(fc.record(sizes), fc.integer({ min: leastSerialPostCycles, max: 128 }))
  .map(([drawn, postInterval]) => ({
    ...machineOf({ ...drawn, clusters: 1, packedPairs: false }),
    limits: { geometries: 1, bankSide: false, laneSums: false, postInterval },
  }))
  .filter(keepsLaws)

/** A small machine that keeps every law. */
export const machine: fc.Arbitrary<Machine> = fc.oneof(
  { weight: 5, arbitrary: fullMachine },
  { weight: 1, arbitrary: serialMachine },
)

/** A random program that keeps the contract on a machine, and its input: see `randomProgram`. */
export const program = (of: Machine): fc.Arbitrary<ProgramCase> =>
  fc
    .record({ seed: fc.nat(), layers: fc.integer({ min: 1, max: 5 }) })
    .map(({ seed, layers }) => randomProgram(of, seed, layers))

/** Sets the fields that rules tie together, so that most drawn instructions keep them; a filter drops the others. */
function repaired(
  { kind }: InstructionEntry,
  any: { readonly op: string } & Readonly<Record<string, number | string>>,
): { readonly op: string } {
  const i: Record<string, number | string> & { readonly op: string } = { ...any }
  const number = (name: string): number => Number(i[name])
  const atLeastOne = (...names: readonly string[]): void => {
    for (const name of names) if (name in i) i[name] = Math.max(1, number(name))
  }
  atLeastOne('channels', 'groups', 'patchHeight', 'patchWidth')
  if (kind === 'compute') atLeastOne('beats')
  if (kind === 'bankOperation') atLeastOne('slots')
  if (i.op === 'STOREL') i['count'] = 1 + (number('count') % (4096 - number('first')))
  if (i.op === 'LOADT') Object.assign(i, { slots: number('slots') % 129, tapBits: number('tapBits') % 7 })
  if ('logits' in i) i['logits'] = number('logits') & number('laneSum')
  if ('advance' in i) i['advance'] = Math.min(number('advance'), Math.max(1, number('windowWidth')) - 1)
  if ('fill' in i && i['wide'] === 0) i['fill'] = number('fill') & 15
  if ('low' in i) {
    const { low: least, high: greatest } = codeRange({ bits: i['wide'] === 0 ? 4 : 8, signed: number('low') < 0 })
    const within = (value: number): number => least + ((value - least + 1024) % (greatest - least + 1))
    const [one, other] = [within(number('low')), within(number('high'))]
    Object.assign(i, { low: Math.min(one, other), high: Math.max(one, other) })
  }
  return i
}
