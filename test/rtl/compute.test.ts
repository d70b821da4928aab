// The compute path in Verilator does what semantics and timing say: every bit, every cycle.
import { machines } from '../../isa/model/machine.ts'
import { odd } from './compare.ts'
import { testCompute } from './compute-claims.ts'
import { primitives } from './verilator.ts'

testCompute([
  { machine: machines.tiny, programs: 200, options: [] },
  // as synthesis reads it, with the primitives of the card's family
  { machine: odd, programs: 30, options: primitives },
])
