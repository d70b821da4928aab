// A program in numbers: instructions by mnemonic, DRAM transfers, memory use, weights and their density in beats.

import { slotsPerBlock } from '../model/formats.ts'
import { clusterBeatBits } from '../model/sizes.ts'
import { mostRegionBytes } from '../instructions.ts'
import type { InstructionOf } from '../instruction.ts'
import { isBankOperation } from '../instruction.ts'
import { slotChannels } from '../model/machine.ts'
import { layersOfImage } from '../program.ts'
import type { LayerRecord, Program } from '../program.ts'
import { transferredBytes } from '../semantics/transfers.ts'

/** How much of a memory a program fills. */
export interface MemoryUse {
  readonly memory: string
  readonly used: number
  readonly size: number
  readonly unit: string
}

export interface ProgramSummary {
  /** instructions by mnemonic, in order of first appearance */
  readonly instructionMix: Readonly<Record<string, number>>
  /** bytes that one run of init and infer transfers, by mnemonic */
  readonly dramBytes: Readonly<Record<string, number>>
  readonly memories: readonly MemoryUse[]
  readonly weights: number
  readonly nonZeros: number
  /** non-zero weights ÷ weights; 1 without weights */
  readonly density: number
  /** beats of all layers */
  readonly beats: number
  /** lower bound of the beats by the schedule's counts */
  readonly boundBeats: number
  /** bits of the weight stream, ids, selects, flags and empty entries included, for each non-zero weight; 0 without any */
  readonly bitsPerNonZero: number
  /** of an image, as are weights and beats */
  readonly usefulMacs: number
}

/** Summarises a program that `verifyProgram` found sound. */
export function summarise(program: Program): ProgramSummary {
  const { instructions, machine } = program
  const layers = layersOfImage(program)
  const instructionMix: Record<string, number> = {}
  const dramBytes: Record<string, number> = {}
  for (const instruction of instructions) {
    instructionMix[instruction.op] = (instructionMix[instruction.op] ?? 0) + 1
    const bytes = transferredBytes(program.machine, instruction)
    if (bytes > 0) dramBytes[instruction.op] = (dramBytes[instruction.op] ?? 0) + bytes
  }
  const sum = (of: (layer: LayerRecord) => number): number => layers.reduce((total, layer) => total + of(layer), 0)
  const weights = sum((layer) => layer.weights)
  const nonZeros = sum((layer) => layer.nonZeros)
  const beats = sum((layer) => layer.beats)
  return {
    instructionMix,
    dramBytes,
    memories: memoryUse(program),
    weights,
    nonZeros,
    density: weights === 0 ? 1 : nonZeros / weights,
    beats,
    boundBeats: sum((layer) => layer.boundBeats),
    bitsPerNonZero: nonZeros === 0 ? 0 : (beats * machine.clusters * clusterBeatBits(machine)) / nonZeros,
    usefulMacs: sum((layer) => layer.usefulMacs),
  }
}

function memoryUse({ instructions, machine, constants, scratchBytes }: Program): MemoryUse[] {
  let feature = 0
  let weights = 0
  let parameters = 0
  let slots = 0
  let layer: InstructionOf<'LAYER'> | undefined
  for (const instruction of instructions) {
    switch (instruction.op) {
      case 'LAYER':
        layer = instruction
        break
      case 'LOAD':
      case 'STORE': {
        const planes = Math.ceil(Math.max(instruction.channels, 1) / slotChannels(machine)) * (1 + instruction.wide)
        const end = instruction.base + (planes - 1) * instruction.planeStride + instruction.positions
        feature = Math.max(feature, end)
        break
      }
      case 'LOADW':
        weights = Math.max(weights, instruction.beat + instruction.beats)
        break
      case 'LOADP':
        parameters = Math.max(parameters, instruction.group + instruction.groups)
        break
      case 'LOADT':
        slots = Math.max(slots, instruction.slots)
        break
      case 'COMPUTE':
        if (instruction.logits === 0)
          feature = Math.max(feature, outputEnd(instruction.output, machine.rows / slotChannels(machine), layer))
        break
      default:
        if (isBankOperation(instruction))
          feature = Math.max(feature, outputEnd(instruction.output, instruction.slots, layer))
    }
  }
  return [
    { memory: 'feature', used: feature, size: machine.featureWords, unit: 'words a bank' },
    { memory: 'weight', used: weights, size: machine.weightBeats, unit: 'beats' },
    { memory: 'parameter', used: parameters, size: machine.parameterGroups, unit: 'row groups' },
    { memory: 'table', used: slots, size: slotsPerBlock, unit: 'slot entries' },
    { memory: 'instruction', used: instructions.length, size: machine.instructionWords, unit: 'words' },
    { memory: 'DRAM constants', used: constants.length, size: mostRegionBytes, unit: 'bytes' },
    { memory: 'DRAM scratch', used: scratchBytes, size: mostRegionBytes, unit: 'bytes' },
  ]
}

/** One past the last feature memory address that an instruction with so many slots writes. */
function outputEnd(output: number, slots: number, layer: InstructionOf<'LAYER'> | undefined): number {
  if (layer === undefined) return output
  return output + (slots * (1 + layer.wide) - 1) * layer.planeStride + layer.patchHeight * layer.patchWidth
}
