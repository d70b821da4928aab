// The value path alone, for accuracy runs: no cycles, no checks, decoded weights kept from image to image.
import type { Program } from '../isa/program.ts'
import { executeProgram } from '../isa/semantics/execute.ts'
import { createState } from '../isa/semantics/state.ts'
import { placeRegions, readOutputs, writeInputs } from './simulate.ts'
import type { TensorBytes } from './simulate.ts'

/**
 * Runs init at once; the function that it gives runs one image.
 * @throws MachineFault where the program leaves the machine's contract
 */
export function runFunctional(program: Program): (inputs: TensorBytes) => TensorBytes {
  const state = createState(program.machine)
  placeRegions(state, program)
  executeProgram(state, program.instructions, program.entry.init)
  return (inputs) => {
    writeInputs(state, program, inputs)
    executeProgram(state, program.instructions, program.entry.infer)
    return readOutputs(state, program)
  }
}
