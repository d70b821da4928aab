// Bank operations in Verilator do what semantics and timing say: every bit, every cycle, while DMA writes the same banks.
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { testBankOperations } from './pool-claims.ts'

/** A grid of two odd sides, so that shifts by many lanes wrap; two slots a row group. */
const grid: Machine = { ...machines.tiny, name: 'grid', gridHeight: 3, gridWidth: 5, clusters: 1, rows: 8, drainRows: 1 }

testBankOperations([
  { machine: machines.tiny, programs: 200 },
  { machine: grid, programs: 60 },
])
