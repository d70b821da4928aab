// The whole processor in Verilator agrees with the simulator: every byte of DRAM, every instruction in its cycle.
import { machines } from '../../isa/model/machine.ts'
import { testProcessor } from './processor-claims.ts'
import { odd } from './processor-machines.ts'

for (const machine of [machines.tiny, odd]) testProcessor(machine)
