// Refuses, before anything runs, the instructions that the hardware's decoder would refuse.
import type { Instruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { refusal } from '../isa/validate.ts'

/** @throws MachineFault at the first instruction from `first` to `end` that is illegal on the machine */
export function checkInstructions(machine: Machine, program: readonly Instruction[], first: number, end: number): void {
  for (let index = first; index < end; index++) {
    const instruction = program[index]!
    const refused = refusal(instruction, machine)
    if (refused !== undefined) throw new MachineFault('an illegal instruction', refused, instruction, index)
    if ((instruction.op === 'LOAD' || instruction.op === 'STORE') && instruction.channels === 0) {
      throw new MachineFault('no channels', 'at least one channel', instruction, index)
    }
  }
}
