// The compute path in Verilator does what semantics and timing say: every bit, every cycle.
import { describe, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { buildMs, compareRandomPrograms, odd } from './compare.ts'
import { primitives, toolIsHere } from './verilator.ts'

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
    // as synthesis sees it, with the primitives of the card's family; and with no pair on a DSP
    { machine: odd, programs: 30, options: primitives },
    { machine: odd, programs: 10, options: ['-GUnpackedPairs=2'] },
    { machine: narrow, programs: 30, options: [] },
  ])(
    '$machine.name, $options: $programs random programs, zero differences in bits and cycles',
    { timeout: buildMs },
    ({ machine, programs, options }) => compareRandomPrograms(machine, programs, 2, options),
  )
})
