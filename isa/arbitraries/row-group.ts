// One row group of a random layer: its weights and parameters, and the COMPUTEs that use them.

import { writeFields } from '../../base/bits.ts'
import { parameterBits, parameterFields } from '../model/formats.ts'
import { groupBytes } from '../model/sizes.ts'
import type { InstructionOf } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { lanes, limitsOf } from '../model/machine.ts'
import { bankBeatToWriteCycles, computeRetireCycles, postIsSerial } from '../timing.ts'
import { packBeats } from '../weights/beats.ts'
import type { ReadableColumns } from './beats.ts'
import { randomBeats } from './beats.ts'
import type { SeededRandom } from './seeded-random.ts'
import { randomRequantiser } from './requantiser.ts'
import type { OutputPatch } from './tables.ts'
import type { ProgramDraft } from './program-draft.ts'
import { make } from './program-draft.ts'

export type SumKind = 'spatial' | 'laneSum' | 'logits'

export interface RowGroupInstructions {
  readonly weights: readonly InstructionOf<'LOADW'>[]
  readonly parameter: readonly InstructionOf<'LOADP'>[]
  readonly compute: readonly InstructionOf<'COLUMNS' | 'COMPUTE'>[]
}

/** A gap after which all results of the compute queue are written. */
export const drainedGap = (machine: Machine): number =>
  Math.min(250, Math.max(computeRetireCycles(machine, { laneSum: 1, logits: 0 }), bankBeatToWriteCycles) + 1)

/**
 * All positions, in one or two ranges of rows, likewise of columns; or a single position in two COMPUTEs, the first of which keeps its sums.
 * @param target address of the group's first slot, or its first logit
 * @param first whether earlier results that this group reads may not be written yet
 * @returns undefined where the weight memory has no room
 */
export function rowGroup(
  draft: ProgramDraft,
  columns: ReadableColumns,
  sums: SumKind,
  output: OutputPatch,
  target: number,
  first: boolean,
): RowGroupInstructions | undefined {
  const { random, machine, weights, constants } = draft
  const positions = output.height * output.width
  const serial = postIsSerial(machine)
  const computes = positions === 1 && !serial && random.chance(0.6) ? 2 : 1
  const parts = serial ? 1 : random.int(1, 2)
  const summands = machine.clusters * parts * computes * (sums === 'spatial' ? 1 : positions * lanes(machine))
  const bound = Math.min(2 ** (machine.accumulatorBits - 1) - 1, Math.floor(2 ** 28 / summands))
  const streams = Array.from({ length: computes }, (_, number) =>
    randomBeats(random, machine, columns, { parts, keepsLast: number < computes - 1, bound }),
  )
  if (!weights.fits(streams.reduce((sum, { beats }) => sum + beats, 0))) return undefined
  const loads = streams.map((stream) =>
    make('LOADW', {
      address: constants.add(packBeats(stream, machine)),
      beat: weights.allocate(stream.beats),
      beats: stream.beats,
    }),
  )
  const { group, parameter } = randomParameters(draft, bound)
  const flags = { laneSum: sums === 'spatial' ? 0 : 1, logits: sums === 'logits' ? 1 : 0 }
  const ranges = (size: number): PositionRange[] =>
    sums === 'spatial' ? rangesOf(random, size) : [wholeOf(random, size)]
  // An earlier row group may have set other columns.
  const hasColumns = limitsOf(machine).columnRanges && (!first || random.chance(0.5))
  const strips = hasColumns ? ranges(output.width) : [undefined]
  const compute = loads.flatMap(({ beat, beats }, number) =>
    strips.flatMap((strip, across) => [
      ...(strip === undefined ? [] : [make('COLUMNS', { firstColumn: strip.first, columns: strip.count })]),
      ...ranges(output.height).map((range, at) => {
        const waits = computes > 1 || (first && across === 0 && at === 0)
        const gap = (waits ? drainedGap(machine) : 0) + random.int(0, 4)
        const last = number === computes - 1 ? flags : {}
        const rows = { firstRow: range.first, rows: range.count }
        return make('COMPUTE', { beat, beats, group, output: target, gap, ...rows, accumulate: number, ...last })
      }),
    ]),
  )
  return { weights: loads, parameter, compute }
}

/** Rows or columns of positions, wrapping. */
interface PositionRange {
  readonly first: number
  readonly count: number
}

const wholeOf = (random: SeededRandom, size: number): PositionRange => ({ first: random.int(0, size - 1), count: size })

function rangesOf(random: SeededRandom, size: number): PositionRange[] {
  const whole = wholeOf(random, size)
  if (size === 1 || random.chance(0.5)) return [whole]
  const { first } = whole
  const count = random.int(1, size - 1)
  return [
    { first, count },
    { first: (first + count) % size, count: size - count },
  ]
}

/** A row group's parameters, loaded anew while the memory has room. */
function randomParameters(
  { random, machine, groups, constants }: ProgramDraft,
  bound: number,
): { group: number; parameter: InstructionOf<'LOADP'>[] } {
  if (!groups.fits(1) || (groups.next > 0 && random.chance(0.2)))
    return { group: random.int(0, groups.next - 1), parameter: [] }
  const bytes = new Uint8Array(groupBytes(machine))
  for (let row = 0; row < machine.rows; row++) {
    const values = { ...randomRequantiser(random, bound), bias: random.int(-100_000, 100_000) }
    writeFields(bytes, row * parameterBits, parameterFields, values)
  }
  const group = groups.allocate(1)
  return { group, parameter: [make('LOADP', { address: constants.add(bytes), group, groups: 1 })] }
}
