// A program's DRAM transfers: ranges within their regions, weights that unpack, and beats that are loaded before they are read.

import { readFields } from '../../base/bits.ts'
import { DlpError } from '../../base/error.ts'
import { parameterBits, parameterFields, parameterProblem } from '../model/formats.ts'
import type { InstructionOf, DramTransfer } from '../instruction.ts'
import { isStore, isDramTransfer } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { addressUnitBytes, regions, wholeUnits } from '../instructions.ts'
import type { Program, TensorDescriptor } from '../program.ts'
import { transferredBytes } from '../semantics/transfers.ts'
import { checkInstruction } from '../validate.ts'
import { unpackBeats } from '../weights/beats.ts'
import { brokenPartLaw, partsOf } from '../weights/parts.ts'

type RegionBytes = Readonly<Record<(typeof regions)[number], number>>

/** Bytes of each DRAM region that a program uses. */
export function regionBytes({ constants, inputs, outputs, scratchBytes }: Program): RegionBytes {
  const end = (tensors: readonly TensorDescriptor[]): number =>
    tensors.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0)
  return { constants: constants.length, input: end(inputs), output: end(outputs), scratch: scratchBytes }
}

/** The rules about memory that a program breaks, in program order. */
export function verifyMemory(program: Program): string[] {
  const { instructions, machine } = program
  const sizes = regionBytes(program)
  const broken: string[] = []
  /** [weightBeats] flags of cluster 0 of the loaded beat; −1 if none is loaded. */
  const loaded = new Int16Array(machine.weightBeats).fill(-1)
  for (const [index, instruction] of instructions.entries()) {
    // Instructions that break a rule of their own are reported elsewhere; their fields are not reliable.
    if (checkInstruction(instruction, machine).length > 0) continue
    const found =
      instruction.op === 'COMPUTE'
        ? computeFault(instruction, loaded, machine)
        : isDramTransfer(instruction)
          ? transferFault(instruction, program, sizes, loaded)
          : undefined
    if (found !== undefined) broken.push(`instruction ${index} (${instruction.op}) ${found}`)
  }
  return [...broken, ...unusedBytes(program, sizes)]
}

/** A region is no larger than what the program transfers, so that a few bytes of a file cannot allocate gigabytes. */
function unusedBytes({ instructions, machine }: Program, sizes: RegionBytes): string[] {
  const transferred: Record<(typeof regions)[number], number> = { constants: 0, input: 0, output: 0, scratch: 0 }
  for (const instruction of instructions)
    if (isDramTransfer(instruction))
      transferred[regions[instruction.region]!] += wholeUnits(transferredBytes(machine, instruction))
  return (['input', 'output', 'scratch'] as const)
    .filter((region) => sizes[region] > transferred[region])
    .map(
      (region) =>
        `region ${region} has ${sizes[region]} bytes; allowed: at most ${transferred[region]}, the bytes that all transfers of the program move`,
    )
}

function transferFault(
  transfer: DramTransfer,
  program: Program,
  sizes: RegionBytes,
  loaded: Int16Array,
): string | undefined {
  const region = regions[transfer.region]!
  const first = transfer.address * addressUnitBytes
  const length = transferredBytes(program.machine, transfer)
  if (isStore(transfer) && (region === 'constants' || region === 'input')) return `writes the region ${region}`
  if (length > 0 && first + length > sizes[region])
    return `reaches bytes ${first} to ${first + length} of region ${region}, which has ${sizes[region]}`
  if (region !== 'constants') return undefined
  const bytes = program.constants.subarray(first, first + length)
  if (transfer.op === 'LOADW') return weightsFault(bytes, transfer, program, loaded)
  if (transfer.op === 'LOADP') return parametersFault(bytes)
  return undefined
}

function weightsFault(
  bytes: Uint8Array,
  load: InstructionOf<'LOADW'>,
  program: Program,
  loaded: Int16Array,
): string | undefined {
  try {
    const { flags } = unpackBeats(bytes, load.beats, program.machine, 'loads weights that do not unpack')
    for (let beat = 0; beat < load.beats; beat++) loaded[load.beat + beat] = flags[beat * program.machine.clusters]!
    return undefined
  } catch (error) {
    if (error instanceof DlpError) return error.message
    throw error
  }
}

function parametersFault(bytes: Uint8Array): string | undefined {
  for (let bit = 0; bit < bytes.length * 8; bit += parameterBits) {
    const problem = parameterProblem(readFields(bytes, bit, parameterFields))
    if (problem !== undefined) return `loads a row that ${problem.what}; allowed: ${problem.allowed}`
  }
  return undefined
}

function computeFault(
  { beat, beats }: InstructionOf<'COMPUTE'>,
  loaded: Int16Array,
  machine: Machine,
): string | undefined {
  const missing = loaded.subarray(beat, beat + beats).indexOf(-1)
  if (missing >= 0) return `reads weight beat ${beat + missing}, which nothing before it loads`
  const broken = brokenPartLaw(partsOf(loaded, 1, beat, beats), beats, machine)
  return broken === undefined ? undefined : `has ${broken.what}; allowed: ${broken.allowed}`
}
