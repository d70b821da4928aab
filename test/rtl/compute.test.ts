// The compute path in Verilator does what semantics and timing say: every bit, every cycle.
import { describe, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { buildMs, compareRandomPrograms, odd } from './compare.ts'
import { toolIsHere } from './verilator.ts'

/** Accumulators that wrap; three clusters; three rows drain a cycle. */
const narrow: Machine = {
  ...machines.tiny,
  name: 'narrow',
  gridHeight: 1,
  gridWidth: 2,
  clusters: 3,
  rows: 12,
  drainRows: 3,
  accumulatorBits: 16,
}

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the compute path in Verilator', () => {
  test.each([
    { machine: machines.tiny, programs: 200, options: [] },
    // with the multiplexers as synthesis sees them
    { machine: odd, programs: 30, options: ['-DSYNTHESIS'] },
    { machine: narrow, programs: 30, options: [] },
  ])(
    '$machine.name: $programs random programs, zero differences in bits and cycles',
    { timeout: buildMs },
    ({ machine, programs, options }) => compareRandomPrograms(machine, programs, 2, options),
  )
})
