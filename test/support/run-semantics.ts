// Runs a compiled program by the ISA's semantics alone: values without time.
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import { executeProgram } from '../../isa/semantics/execute.ts'
import { createState } from '../../isa/semantics/state.ts'

/** The output codes for one image of input codes [channels, height, width]. */
export function runSemantics(program: Program, codes: ArrayLike<number>): Int32Array {
  const state = createState(program.machine)
  state.dram.constants = program.constants
  state.dram.input = packTensor(codes, program.inputs[0]!, program.machine)
  state.dram.output = new Uint8Array(program.outputs[0]!.bytes)
  executeProgram(state, program.instructions, program.entry.init)
  executeProgram(state, program.instructions, program.entry.infer)
  return Int32Array.from(unpackTensor(state.dram.output, program.outputs[0]!, program.machine))
}
