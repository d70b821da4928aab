// Maps and logits in DRAM: how many bytes LOAD, STORE and STOREL move.
import { wordGroupBytes } from '../../isa/model/sizes.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import type { PlacedMap } from '../placement/storage.ts'

/** Bytes of one position of a map with so many stored channels in DRAM. */
export function positionBytes(channels: number, planes: number, machine: Machine): number {
  const perSlot = slotChannels(machine)
  let bytes = 0
  for (let first = 0; first < channels; first += perSlot)
    bytes += planes * wordGroupBytes(machine, Math.min(perSlot, channels - first))
  return bytes
}

/** Bytes of a map in DRAM, whole address units. */
export const mapBytes = ({ map, patch, planes }: PlacedMap, machine: Machine): number =>
  wholeUnits(patch.height * patch.width * positionBytes(map.channels, planes, machine))

/** Bytes of a logit in DRAM. */
export const logitBytes = 4

/** Bytes of so many logits in DRAM, whole address units. */
export const logitsBytes = (count: number): number => wholeUnits(count * logitBytes)

/** Bytes rounded up to whole address units. */
export const wholeUnits = (bytes: number): number => Math.ceil(bytes / addressUnitBytes) * addressUnitBytes
