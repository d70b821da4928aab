// Beats back to windowed CSR: the non-zeros of each row, whatever the schedule.
import { defined } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { columnKey, entryOfKey, tapOfKey } from '../model/column-keys.ts'
import { slotsPerBlock } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'
import { flag, pageOf } from './beats.ts'
import type { BeatStream } from './beats.ts'
import { partsOf, shiftsBehind } from './parts.ts'

/** One non-zero of a row group: the coefficient by which row `row` multiplies what bank `bank` of cluster `cluster` reads at slot entry and tap. */
export interface GroupNonZero {
  readonly row: number
  readonly cluster: number
  readonly bank: number
  /** entry of the layer's slot table */
  readonly entry: number
  readonly tap: number
  /** Σ value · 16^(shifts that follow in its part), not zero */
  readonly value: number
}

/** After more shifts in one part, no bit of any value is left in the widest accumulator. */
const mostShifts = 8

/**
 * The non-zeros of one position's beats, sorted by row, cluster, bank, entry and tap, terms of one column merged.
 * @param tapBits low bits of an id that name the tap, as in the layer's LOADT
 * @throws DlpError when the last beat does not end a part, a part shifts more than 8 times or an id names a slot entry above 127.
 */
export function decodeGroup(stream: BeatStream, tapBits: number, machine: Machine, where = 'weights'): GroupNonZero[] {
  const { clusters, rows, banks } = machine
  const { beats, values, selects, ids, flags } = stream
  if (beats > 0 && partsOf(flags, clusters, 0, beats).at(-1)?.end !== beats)
    throw new DlpError({
      what: 'the last beat does not end a part',
      where,
      allowed: 'end on the last beat of a position',
    })
  const sums = new Map<number, number>()
  const tapCount = 2 ** tapBits
  const behind = shiftsBehind(flags, clusters, 0, beats)
  for (let cluster = 0; cluster < clusters; cluster++) {
    for (let beat = beats - 1; beat >= 0; beat--) {
      const at = beat * clusters + cluster
      const shifts = behind[at]!
      const page = pageOf(flags[at]!)
      for (let row = 0; row < rows; row++) {
        const value = values[at * rows + row]!
        if (value === 0) continue
        const bank = selects[at * rows + row]!
        const read = columnKey(page, ids[at * banks + bank]!)
        const entry = entryOfKey(read, tapBits)
        if (entry >= slotsPerBlock)
          throw new DlpError({
            what: `slot entry ${entry}`,
            where: `${where}, beat ${beat}`,
            allowed: `0 to ${slotsPerBlock - 1}`,
          })
        const key =
          (((row * clusters + cluster) * banks + bank) * slotsPerBlock + entry) * tapCount + tapOfKey(read, tapBits)
        sums.set(key, (sums.get(key) ?? 0) + value * 16 ** shifts)
      }
      if ((flags[at]! & flag.shift) !== 0 && shifts >= mostShifts)
        throw new DlpError({
          what: 'a part with too many shifts',
          where: `${where}, beat ${beat}`,
          allowed: `at most ${mostShifts}`,
        })
    }
  }
  const keys = Float64Array.from(sums.keys()).sort()
  const terms: GroupNonZero[] = []
  for (const key of keys) {
    const value = defined(sums.get(key))
    if (value === 0) continue
    const column = Math.floor(key / tapCount)
    const place = Math.floor(column / slotsPerBlock)
    const bank = place % banks
    const cluster = Math.floor(place / banks) % clusters
    const row = Math.floor(place / banks / clusters)
    terms.push({ row, cluster, bank, entry: column % slotsPerBlock, tap: key % tapCount, value })
  }
  return terms
}
