// The claims about the compute path in Verilator on a machine, for the everyday and the long tests.
import { describe, test } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { buildMs, compareRandomPrograms } from './compare.ts'
import { toolIsHere } from './verilator.ts'

/** A machine, how many random programs it runs, and options of the build. */
export interface ComputeCase {
  readonly machine: Machine
  readonly programs: number
  readonly options: readonly string[]
}

/** Tests that random programs agree with semantics and timing in every bit and cycle. */
export function testCompute(cases: readonly ComputeCase[]): void {
  describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the compute path in Verilator', () => {
    test.each(cases)(
      '$machine.name, $options: $programs random programs, zero differences in bits and cycles',
      { timeout: buildMs },
      ({ machine, programs, options }) => compareRandomPrograms(machine, programs, 2, options),
    )
  })
}
