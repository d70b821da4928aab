// POOL, MOVE and REPATCH in Verilator agree with semantics and timing: every bit, every cycle, while DMA writes the same banks.
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { testBankOps } from './bank-op-claims.ts'

/** A grid of two odd sides, so that shifts by many lanes wrap; two slots a row group. */
const grid: Machine = { ...machines.tiny, name: 'grid', gridHeight: 3, gridWidth: 5, clusters: 1, rows: 8, drainRows: 1 }

testBankOps([
  { machine: machines.tiny, programs: 200 },
  { machine: grid, programs: 60 },
])
