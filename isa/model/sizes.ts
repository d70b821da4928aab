// Sizes in bits and bytes that follow from a machine, on the machine and in DRAM.
import {
  columnIdBits,
  flagBits,
  geometriesPerBlock,
  geometryBits,
  parameterBits,
  slotBits,
  weightBits,
} from './formats.ts'
import type { Machine } from './machine.ts'

/** Bits that choose one of B banks. */
export const selectBits = (machine: Machine): number => Math.max(1, Math.ceil(Math.log2(machine.banks)))

/** Bits of one cluster's beat: U entries {value, select} from bit 0, then B column ids, then the flags. */
export const clusterBeatBits = (machine: Machine): number =>
  machine.rows * (weightBits + selectBits(machine)) + machine.banks * columnIdBits + flagBits

/** Bytes of one beat (all clusters, cluster 0 lowest, bit by bit contiguous) in DRAM: padded to whole AXI beats. */
export const beatBytes = (machine: Machine): number =>
  padBytes(Math.ceil((clusterBeatBits(machine) * machine.clusters) / 8), machine)

/** Bytes of one row group's parameters in DRAM: padded to whole AXI beats. */
export const groupBytes = (machine: Machine): number => padBytes((machine.rows * parameterBits) / 8, machine)

/** Bytes of a table block with so many slots in DRAM: four geometries, then the slots, padded to whole AXI beats. */
export const tableBytes = (machine: Machine, slots: number): number =>
  padBytes((geometriesPerBlock * geometryBits + slots * slotBits) / 8, machine)

/** Bits of a feature word (P nibbles) in DRAM: padded to a power of two, at least 8. */
export const wordBits = (machine: Machine): number =>
  Math.max(8, 2 ** Math.ceil(Math.log2(machine.gridHeight * machine.gridWidth * 4)))

/** Bytes of one group of words in DRAM (so many channels of one position, slot and plane): whole AXI beats. */
export const wordGroupBytes = (machine: Machine, channels: number): number =>
  padBytes((channels * wordBits(machine)) / 8, machine)

const padBytes = (bytes: number, machine: Machine): number =>
  Math.ceil(bytes / (machine.axiBits / 8)) * (machine.axiBits / 8)
