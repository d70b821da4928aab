// What `import … from 'dlp/isa'` gives: what the machine is, for whoever tests it, generates programs for it or writes another body of it.

export { decode, decodeProgramWords, encode, encodeProgramWords } from '../../isa/codec.ts'
export { DlpError } from '../../isa/error.ts'
export * as formats from '../../isa/formats.ts'
export { commonFields, instructions, queues, regions, semaphores } from '../../isa/instructions.ts'
export { fieldRange } from '../../isa/instruction.ts'
export {
  checkMachine,
  lanes,
  limitsOf,
  machineLaws,
  machines,
  processingElements,
  slotChannels,
} from '../../isa/machine.ts'
export { parseMachine } from '../../isa/machine-file.ts'
export * as numerics from '../../isa/numerics.ts'
export { dequantiseOutput, packTensor, quantiseInput, unpackTensor } from '../../isa/packing.ts'
export { registers } from '../../isa/registers.ts'
export { statuses } from '../../isa/status.ts'
export * as timing from '../../isa/timing.ts'
export { brokenRule, refusal } from '../../isa/validate.ts'
export { assemble } from '../../isa/assembly/assemble.ts'
export { print, printInstruction } from '../../isa/assembly/print.ts'
export { readProgram } from '../../isa/container/read.ts'
export { verifyProgram } from '../../isa/container/verify.ts'
export { writeProgram } from '../../isa/container/write.ts'
export { execute, executeProgram } from '../../isa/semantics/execute.ts'
export { MachineFault } from '../../isa/semantics/fault.ts'
export { executeComputeLiterally } from '../../isa/semantics/reference.ts'
export { executeRepatchLiterally } from '../../isa/semantics/reference-repatch.ts'
export { createState } from '../../isa/semantics/state.ts'
export { packBeats, unpackBeats } from '../../isa/weights/beats.ts'
export { decodeGroup } from '../../isa/weights/decode.ts'
export { encodeGroup } from '../../isa/weights/encode.ts'

export type { Geometry, Parameter, Slot } from '../../isa/formats.ts'
export type { IllegalInstruction, Instruction, InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
export type { Mnemonic, Queue } from '../../isa/instructions.ts'
export type { Limits, Machine, MachineName } from '../../isa/machine.ts'
export type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
export type { Observer, Overflow } from '../../isa/semantics/execution.ts'
export type { MachineState } from '../../isa/semantics/state.ts'
export type { BeatStream } from '../../isa/weights/beats.ts'
export type { GroupTerm } from '../../isa/weights/decode.ts'
export type { PhaseRun } from '../../isa/weights/encode.ts'
