// The exports of 'dlp/isa': the definition of the machine, to test it, to generate programs for it, or to write another implementation.

export { decode, decodeProgramWords, encode, encodeProgramWords } from '../../isa/codec.ts'
export { DlpError } from '../../base/error.ts'
export * as formats from '../../isa/model/formats.ts'
export * as sizes from '../../isa/model/sizes.ts'
export { commonFields, instructions, queues, regions, semaphores } from '../../isa/instructions.ts'
export { fieldRange } from '../../base/bits.ts'
export { lanes, limitsOf, machines, processingElements, slotChannels } from '../../isa/model/machine.ts'
export { checkMachine, machineLaws } from '../../isa/model/machine-laws.ts'
export { parseMachine } from '../../isa/model/machine-file.ts'
export * as numerics from '../../isa/numerics.ts'
export {
  dequantiseOutput,
  inModelOrder,
  inOwnOrder,
  modelShape,
  packTensor,
  quantiseInput,
  unpackTensor,
} from '../../isa/packing.ts'
export { registers } from '../../isa/registers.ts'
export { statuses } from '../../isa/status.ts'
export * as timing from '../../isa/timing.ts'
export { brokenRule, refusal } from '../../isa/validate.ts'
export { checkVersions, currentVersions, versionsOf } from '../../isa/versions.ts'
export { assemble } from '../../isa/assembly/assemble.ts'
export { print, printInstruction } from '../../isa/assembly/print.ts'
export { readProgram } from '../../isa/container/read.ts'
export { verifyProgram } from '../../isa/container/verify.ts'
export { writeProgram } from '../../isa/container/write.ts'
export { execute, executeProgram } from '../../isa/semantics/execute.ts'
export { MachineFault } from '../../isa/semantics/fault.ts'
export { executeComputeLiterally, executeRepatchLiterally } from '../../isa/semantics/literal.ts'
export { createState } from '../../isa/semantics/state.ts'
export { packBeats, unpackBeats } from '../../isa/weights/beats.ts'
export { decodeGroup } from '../../isa/weights/decode.ts'
export { encodeGroup } from '../../isa/weights/encode.ts'

export type { Geometry, RowParameters, Slot } from '../../isa/model/formats.ts'
export type { IllegalInstruction, Instruction, InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
export type { Mnemonic, Queue } from '../../isa/instructions.ts'
export type { ImplementationLimits, Machine, MachineName } from '../../isa/model/machine.ts'
export type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
export type { Observer, Overflow } from '../../isa/semantics/execution.ts'
export type { MachineState } from '../../isa/semantics/state.ts'
export type { MachineVersions, Versions } from '../../isa/versions.ts'
export type { BeatStream } from '../../isa/weights/beats.ts'
export type { GroupNonZero } from '../../isa/weights/decode.ts'
export type { ScheduledPhase } from '../../isa/weights/encode.ts'
