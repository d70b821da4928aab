// Random row groups as CSR, and a schedule for them that is simple rather than short.

import type { Machine } from '../../../isa/model/machine.ts'
import type { ScheduledPhase } from '../../../isa/weights/encode.ts'

/** A scheduled phase with random operands: each row has up to `most`, assigned to the first beat in which a bank can read the column. */
export function randomRun(
  place: Pick<ScheduledPhase, 'cluster' | 'part' | 'phase' | 'page'>,
  machine: Machine,
  tapBits: number,
  most: number,
  draw: () => number,
): ScheduledPhase {
  const { rows, banks } = machine
  const columns = 1 + Math.floor(draw() * 12)
  // Ids differ within a bank, as a slot table's entries do; a page ends at entry 127.
  const usable = Math.min(256, (128 - place.page * 2 ** (8 - tapBits)) * 2 ** tapBits)
  const ids = new Uint8Array(columns * banks)
  const bankOf = Int32Array.from({ length: columns }, () => Math.floor(draw() * banks))
  for (let column = 0; column < columns; column++)
    for (let bank = 0; bank < banks; bank++) ids[column * banks + bank] = (column * 17 + bank) % usable
  const operands: Int32Array[] = []
  const values: Int8Array[] = []
  for (let row = 0; row < rows; row++) {
    const count = Math.floor(draw() * (most + 1))
    operands.push(Int32Array.from({ length: count }, () => Math.floor(draw() * columns)))
    values.push(Int8Array.from({ length: count }, () => (draw() < 0.5 ? 1 : -1) * (1 + Math.floor(draw() * 7))))
  }
  return { ...place, ...schedule(operands, bankOf, machine), ids, operands, values }
}

function schedule(operands: readonly Int32Array[], bankOf: Int32Array, { rows, banks }: Machine) {
  const reads: number[] = []
  const assignments: number[] = []
  const assignedBanks: number[] = []
  for (const [row, columns] of operands.entries())
    for (const column of columns) {
      const bank = bankOf[column]!
      let beat = 0
      const free = () =>
        assignments[beat * rows + row] === -1 &&
        (reads[beat * banks + bank] === -1 || reads[beat * banks + bank] === column)
      for (; ; beat++) {
        if (beat * rows === assignments.length) {
          reads.push(...new Array<number>(banks).fill(-1))
          assignments.push(...new Array<number>(rows).fill(-1))
          assignedBanks.push(...new Array<number>(rows).fill(-1))
        }
        if (free()) break
      }
      reads[beat * banks + bank] = column
      assignments[beat * rows + row] = column
      assignedBanks[beat * rows + row] = bank
    }
  return {
    beats: assignments.length / rows,
    reads: Int32Array.from(reads),
    assignments: Int32Array.from(assignments),
    assignedBanks: Int32Array.from(assignedBanks),
  }
}

/** The CSR that runs stand for, in decode's words: key `row/cluster/bank/entry/tap`, terms of one column merged. */
export function meaning(runs: readonly ScheduledPhase[], tapBits: number, machine: Machine): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { cluster, phase, page, beats, assignments, assignedBanks, ids, operands, values } of runs)
    for (const [row, columns] of operands.entries())
      for (const [index, column] of columns.entries()) {
        let bank = -1
        for (let beat = 0; beat < beats && bank < 0; beat++)
          if (assignments[beat * machine.rows + row] === column) bank = assignedBanks[beat * machine.rows + row]!
        const id = ids[column * machine.banks + bank]!
        const entry = page * 2 ** (8 - tapBits) + (id >> tapBits)
        const key = [row, cluster, bank, entry, id % 2 ** tapBits].join('/')
        sums.set(key, (sums.get(key) ?? 0) + values[row]![index]! * 16 ** phase)
      }
  for (const [key, value] of sums) if (value === 0) sums.delete(key)
  return sums
}
