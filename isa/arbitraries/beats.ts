// Random beats that read given columns and whose sums stay within a bound.

import { entryOfKey, idOfKey, idsPerPage, keyOfTap } from '../model/column-keys.ts'
import { greatestNibble, nibbleRange } from '../numerics.ts'
import type { Machine } from '../model/machine.ts'
import type { BeatStream } from '../weights/beats.ts'
import { emptyBeats, packFlags } from '../weights/beats.ts'
import { leastPartBeats } from '../weights/parts.ts'
import type { SeededRandom } from './seeded-random.ts'

/** The columns that beats may read: slot entries, and for each the taps that its geometry allows. */
export interface ReadableColumns {
  readonly tapBits: number
  /** [entries] */
  readonly taps: readonly (readonly number[])[]
}

export interface BeatsShape {
  readonly parts: number
  /** the last part stays in the partial sums */
  readonly keepsLast: boolean
  /** greatest Σ |weight · 16^shifts · activation| of one row, part and cluster */
  readonly bound: number
}

const weights = nibbleRange(true)
const mostShifts = 2

/** Beats of one position: each part a little longer than the machine needs. */
export function randomBeats(
  random: SeededRandom,
  machine: Machine,
  columns: ReadableColumns,
  shape: BeatsShape,
): BeatStream {
  const least = leastPartBeats(machine)
  const lengths = Array.from({ length: shape.parts }, () => least + random.int(0, 3))
  const stream = emptyBeats(
    lengths.reduce((sum, length) => sum + length, 0),
    machine,
  )
  let first = 0
  for (const [part, length] of lengths.entries()) {
    const keep = part < shape.parts - 1 || shape.keepsLast
    for (let cluster = 0; cluster < machine.clusters; cluster++) {
      fillPart(random, machine, columns, stream, { first, length, cluster, keep, bound: shape.bound })
    }
    first += length
  }
  return stream
}

interface PartOfCluster {
  readonly first: number
  readonly length: number
  readonly cluster: number
  readonly keep: boolean
  readonly bound: number
}

/** From the last beat to the first, since the shifts that follow a beat multiply its products. */
function fillPart(
  random: SeededRandom,
  machine: Machine,
  columns: ReadableColumns,
  stream: BeatStream,
  part: PartOfCluster,
): void {
  const { rows, banks, clusters } = machine
  const magnitude = new Float64Array(rows)
  const density = random.pick([0.05, 0.3, 0.9])
  const shiftChance = random.pick([0, 0.2])
  let shifts = 0
  for (let beat = part.first + part.length - 1; beat >= part.first; beat--) {
    const at = beat * clusters + part.cluster
    const page = readColumns(random, banks, columns, stream.ids.subarray(at * banks, (at + 1) * banks))
    for (let row = 0; row < rows; row++) {
      stream.selects[at * rows + row] = random.int(0, banks - 1)
      const weight = random.chance(density) ? random.int(weights.low, weights.high) : 0
      const most = Math.abs(weight) * 16 ** shifts * greatestNibble(false)
      if (magnitude[row]! + most > part.bound) continue
      magnitude[row]! += most
      stream.values[at * rows + row] = weight
    }
    const shift = shifts < mostShifts && random.chance(shiftChance) ? 1 : 0
    const end = beat === part.first + part.length - 1 ? 1 : 0
    stream.flags[at] = packFlags({ shift, end, keep: end === 1 && part.keep ? 1 : 0, page })
    shifts += shift
  }
}

/** Sets a column of one page for every bank; returns the page. */
function readColumns(random: SeededRandom, banks: number, { tapBits, taps }: ReadableColumns, ids: Uint8Array): number {
  const perPage = entryOfKey(idsPerPage, tapBits)
  const page = random.int(0, Math.ceil(taps.length / perPage) - 1)
  for (let bank = 0; bank < banks; bank++) {
    const entry = random.int(page * perPage, Math.min(taps.length, (page + 1) * perPage) - 1)
    ids[bank] = idOfKey(keyOfTap(entry, random.pick(taps[entry]!), tapBits))
  }
  return page
}
