// Values without cycles or checks, to measure accuracy; decoded weights are kept between images.
import type { Program } from '../isa/program.ts'
import { executeProgram } from '../isa/semantics/execute.ts'
import { createState } from '../isa/semantics/state.ts'
import { placeRegions, readOutputs, writeInputs } from './simulate.ts'
import type { TensorBytes } from './simulate.ts'

/**
 * Runs init, and returns a function that runs one image.
 * @throws MachineFault for an instruction that the machine cannot execute
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
