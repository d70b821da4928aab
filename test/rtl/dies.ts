// The floorplan of a machine that is too large for a single die on a device of three: lanes are divided, every cluster is in each die, everything else
// is in the middle one except the outer dies' weight memories.
import type { Machine } from '../../isa/model/machine.ts'
import type { Size } from './synthesis.ts'

export interface Row extends Size {
  readonly module: string
  readonly instances: number
}

/** Modules that repeat over lanes, or contain a word of lanes: a die has those of its lanes. */
const ofLanes = [
  ...['dlp_pe_row', 'dlp_pe_drain', 'dlp_value_sum', 'dlp_psum_row', 'dlp_post_lane', 'dlp_post_product', 'dlp_lane_sum'],
  ...['dlp_torus', 'dlp_cluster', 'dlp_feature_bank', 'dlp_bank_op_pair', 'dlp_write_bank', 'dlp_write_back', 'dlp_compute'],
  ...['dlp_load_word', 'dlp_store_channel', 'dlp_store_pack', 'dlp_delay of vectors', 'feature memory'],
]

/** Lanes of each die: 16, 16 and 17 of 49; whole pairs, the rest in the last. */
export function lanesOfDies(machine: Machine): number[] {
  const lanes = machine.gridHeight * machine.gridWidth
  const first = 2 * Math.floor(lanes / 6)
  return [first, first, lanes - 2 * first]
}

/** The instances of PE lanes and of packed pairs in each die, as dlp_pe_row spreads the pairs that are not packed. */
function pairsOfDies(machine: Machine, unpackedPairs: number): { lanes: number[]; pairs: number[] } {
  const all = lanesOfDies(machine)
  const lanes = all.reduce((sum, count) => sum + count, 0)
  const pairs = Math.floor(lanes / 2)
  const dieOf = (lane: number): number => (lane < all[0]! ? 0 : lane < all[0]! + all[1]! ? 1 : 2)
  const result = { lanes: [0, 0, 0], pairs: [0, 0, 0] }
  const rows = (machine.clusters * machine.rows) / 2
  for (const odd of [false, true]) {
    const count = odd ? unpackedPairs - Math.floor(unpackedPairs / 2) : Math.floor(unpackedPairs / 2)
    for (let lane = 0; lane < lanes; lane++) {
      const pair = Math.floor(lane / 2)
      const unpacked = odd
        ? (pair * count) % pairs < count
        : Math.floor(((pair + 1) * count) / pairs) !== Math.floor((pair * count) / pairs)
      const packed = machine.packedPairs && !unpacked && pair < pairs
      if (!packed) result.lanes[dieOf(lane)]! += rows
      else if (lane % 2 === 0) result.pairs[dieOf(lane)]! += rows
    }
  }
  return result
}

/** The size of the part in each die. */
export function dies(machine: Machine, unpackedPairs: number, rows: readonly Row[]): Size[] {
  const lanes = lanesOfDies(machine)
  const lanesInAll = lanes.reduce((sum, count) => sum + count, 0)
  const own = pairsOfDies(machine, unpackedPairs)
  const sizes = lanes.map(() => ({ lut: 0, ff: 0, dsp: 0, bram: 0, uram: 0 }))
  for (const row of rows) {
    let shares = [0, 1, 0]
    if (ofLanes.some((name) => row.module === name || row.module.startsWith(`${name} `))) shares = lanes.map((count) => count / lanesInAll)
    if (row.module === 'dlp_pe_lane') shares = own.lanes.map((count) => count / row.instances)
    if (row.module === 'dlp_packed_mac') shares = own.pairs.map((count) => count / row.instances)
    if (row.module.startsWith('weight memory')) shares = [0.25, 0.5, 0.25]
    sizes.forEach((size, die) => {
      for (const key of ['lut', 'ff', 'dsp', 'bram', 'uram'] as const) size[key] += row[key] * shares[die]!
    })
    if (row.module.startsWith('feature memory')) {
      // whole blocks of 72 bits
      sizes.forEach((size, die) => (size.uram += row.instances * Math.ceil((lanes[die]! * 4) / 72) - row.uram * shares[die]!))
    }
  }
  return sizes.map((size) => ({
    lut: Math.round(size.lut),
    ff: Math.round(size.ff),
    dsp: Math.round(size.dsp),
    bram: Math.round(size.bram),
    uram: Math.round(size.uram),
  }))
}

/** Signals that cross from one die to the next, by purpose; both crossings are alike except for the lanes on their far side. */
export function crossings(machine: Machine): Readonly<Record<string, number>> {
  const { clusters, banks, rows, drainRows, gridHeight, gridWidth, axiBits } = machine
  const words = clusters * banks
  const far = Math.max(...lanesOfDies(machine)) * 4
  const address = Math.ceil(Math.log2(machine.featureWords))
  const entry = 4 + Math.ceil(Math.log2(banks))
  const beatBits = rows * entry + banks * 8 + 8
  const wordBits = 2 ** Math.ceil(Math.log2(gridHeight * gridWidth * 4))
  const wordsPerBeat = Math.max(1, axiBits / wordBits)
  return {
    // a row and one lane to either side, in both directions
    'neighbours in the torus read': 2 * (gridWidth + 1) * 4 * words,
    'row entries and flags of all clusters': clusters * (rows * entry + 4),
    'column ids of the outer cluster, and its beats from LOADW': banks * 8 + 8 + beatBits + Math.ceil(Math.log2(machine.weightBeats)) + 1,
    'bank reads: address, shifts, masks, sign, fill': words * (address + 2 + gridHeight + 2 + gridWidth + 1 + 4),
    'LOAD: words, choices and address': wordsPerBeat * far + words * 3 + address,
    'STORE: words and choices': wordsPerBeat * (far + Math.ceil(Math.log2(words)) + 2),
    'writes: address, choice and valid of every bank': words * (address + 3),
    'post: parameters, zero point and clamp': drainRows * (32 + 16 + 18 + 6 + 1) + 27,
    'lane sums: a die’s sum, the total to lane 0, valid lanes': 2 * drainRows * 32 + far / 4,
    'drain, partial sums, bank operations': 3 * clusters + 8 + 32 + far / 4 + 3 + 2 * (address + 1),
  }
}
