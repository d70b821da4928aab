// What bank operations in Verilator are held to on a machine, for the everyday tests and for the long ones.
import { describe, test } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { buildMs, compareRandomPrograms } from './compare.ts'
import { toolIsHere } from './verilator.ts'

/** Tests that so many random programs on each machine have every bit and every cycle of semantics and timing. */
export function testBankOperations(cases: readonly { readonly machine: Machine; readonly programs: number }[]): void {
  describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('bank operations in Verilator', () => {
    test.each(cases)(
      '$machine.name: $programs random programs, zero differences in bits and cycles',
      { timeout: buildMs },
      ({ machine, programs }) => compareRandomPrograms(machine, programs, 9),
    )
  })
}
