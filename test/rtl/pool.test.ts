// POOL, MOVE and REPATCH in Verilator do what semantics and timing say: every bit, every cycle, while DMA writes the same banks.
import { describe, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { buildMs, compareRandomPrograms } from './compare.ts'
import { toolIsHere } from './verilator.ts'

/** A grid of two odd sides, so that shifts by many lanes wrap; two slots a row group. */
const grid: Machine = { ...machines.tiny, name: 'grid', gridHeight: 3, gridWidth: 5, clusters: 1, rows: 8, drainRows: 1 }

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('POOL, MOVE and REPATCH in Verilator', () => {
  test.each([
    { machine: machines.tiny, programs: 200 },
    { machine: grid, programs: 60 },
    { machine: { ...machines.tiny, name: 'lane', gridHeight: 1, gridWidth: 1 }, programs: 40 },
    { machine: { ...machines.tiny, name: 'line', gridHeight: 16, gridWidth: 1, clusters: 1, drainRows: 1 }, programs: 40 },
  ])(
    '$machine.name: $programs random programs, zero differences in bits and cycles',
    { timeout: buildMs },
    ({ machine, programs }) => compareRandomPrograms(machine, programs, 9),
  )
})
