// The claims about POOL, MOVE and REPATCH in Verilator on a machine, for the everyday and the long tests.
import { describe, test } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { buildMs, compareRandomPrograms } from './compare.ts'
import { toolIsHere } from './verilator.ts'

/** Tests that random programs on each machine agree with semantics and timing in every bit and cycle. */
export function testBankOps(cases: readonly { readonly machine: Machine; readonly programs: number }[]): void {
  describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('POOL, MOVE and REPATCH in Verilator', () => {
    test.each(cases)(
      '$machine.name: $programs random programs, zero differences in bits and cycles',
      { timeout: buildMs },
      ({ machine, programs }) => compareRandomPrograms(machine, programs, 9),
    )
  })
}
