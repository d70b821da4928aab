// The order of words in DRAM that LOAD and STORE share, and their meaning.
import { beatBytes, groupBytes, tableBytes, wordBits, wordGroupBytes } from '../model/sizes.ts'
import type { Instruction, InstructionOf } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { lanes, slotChannels } from '../model/machine.ts'
import { checkAddress, dramBytes } from './execution.ts'
import type { Execution } from './execution.ts'
import { wordIndex } from './state.ts'

type MapTransfer = InstructionOf<'LOAD'> | InstructionOf<'STORE'>

/** The words of one position, slot and plane, which lie together in DRAM. */
export interface WordGroup {
  readonly slot: number
  readonly plane: number
  /** channels in DRAM */
  readonly channels: number
  readonly bytes: number
}

/** The word groups of one position, in DRAM order. None without channels. */
export function wordGroups(machine: Machine, transfer: Pick<MapTransfer, 'channels' | 'wide'>): readonly WordGroup[] {
  const perSlot = slotChannels(machine)
  const groups: WordGroup[] = []
  for (let slot = 0; slot * perSlot < transfer.channels; slot++) {
    const channels = Math.min(perSlot, transfer.channels - slot * perSlot)
    for (let plane = 0; plane <= transfer.wide; plane++) {
      groups.push({ slot, plane, channels, bytes: wordGroupBytes(machine, channels) })
    }
  }
  return groups
}

/** Bytes of a whole transfer. */
export const transferBytes = (
  machine: Machine,
  transfer: Pick<MapTransfer, 'channels' | 'wide' | 'positions'>,
): number => wordGroups(machine, transfer).reduce((sum, { bytes }) => sum + bytes, 0) * transfer.positions

/** Bytes that an instruction transfers to or from DRAM; 0 unless it is a DRAM transfer. */
export function transferredBytes(machine: Machine, instruction: Instruction): number {
  switch (instruction.op) {
    case 'LOAD':
    case 'STORE':
      return transferBytes(machine, instruction)
    case 'LOADW':
      return instruction.beats * beatBytes(machine)
    case 'LOADP':
      return instruction.groups * groupBytes(machine)
    case 'LOADT':
      return tableBytes(machine, instruction.slots)
    case 'STOREL':
      return 4 * instruction.count
    default:
      return 0
  }
}

/** Cluster and bank of a storage channel's plane. */
export function bankOfChannel(
  machine: Machine,
  channel: number,
  plane: number,
  startBank: number,
): { readonly cluster: number; readonly bank: number } {
  const across = Math.floor(channel / machine.clusters) + startBank
  return { cluster: channel % machine.clusters, bank: (across + (plane * machine.banks) / 2) % machine.banks }
}

/** Address of a word group at a position. */
export const groupAddress = (transfer: MapTransfer, group: WordGroup, position: number): number =>
  transfer.base + (group.slot * (1 + transfer.wide) + group.plane) * transfer.planeStride + position

/** The DRAM channel of a word group that storage channel `q` of the slot takes; undefined where it takes none. */
export function loadedChannel(
  machine: Machine,
  load: Pick<InstructionOf<'LOAD'>, 'channels' | 'pad'>,
  group: Pick<WordGroup, 'channels'>,
  q: number,
): number | undefined {
  const channel = load.channels < slotChannels(machine) ? q % (load.channels + load.pad) : q
  return channel < group.channels ? channel : undefined
}

/** LOAD: fewer than C·B channels are repeated until the slot is full. */
export function executeLoad(execution: Execution, load: InstructionOf<'LOAD'>): void {
  const { state } = execution
  const { machine } = state
  const p = lanes(machine)
  const bytesPerWord = wordBits(machine) / 8
  eachGroup(execution, load, (bytes, group, address) => {
    for (let q = 0; q < slotChannels(machine); q++) {
      const channel = loadedChannel(machine, load, group, q)
      if (channel === undefined) continue
      const { cluster, bank } = bankOfChannel(machine, q, group.plane, load.startBank)
      const from = channel * bytesPerWord
      const to = wordIndex(machine, cluster, bank, address)
      for (let lane = 0; lane < p; lane++) {
        state.feature[to + lane] = (bytes[from + (lane >> 1)]! >> ((lane & 1) * 4)) & 15
      }
    }
  })
}

/** STORE: the padding is zero. */
export function executeStore(execution: Execution, store: InstructionOf<'STORE'>): void {
  const { state } = execution
  const { machine } = state
  const p = lanes(machine)
  const bytesPerWord = wordBits(machine) / 8
  eachGroup(execution, store, (bytes, group, address) => {
    bytes.fill(0)
    for (let q = 0; q < group.channels; q++) {
      const { cluster, bank } = bankOfChannel(machine, q, group.plane, store.startBank)
      const from = wordIndex(machine, cluster, bank, address)
      for (let lane = 0; lane < p; lane++) {
        bytes[q * bytesPerWord + (lane >> 1)]! |= state.feature[from + lane]! << ((lane & 1) * 4)
      }
    }
  })
}

/** STOREL: int32, little-endian, `count` of them. */
export function executeStoreLogits(execution: Execution, store: InstructionOf<'STOREL'>): void {
  const { drainRows } = execution.state.machine
  if (store.first % drainRows !== 0)
    throw execution.fault(`logits from ${store.first}`, `multiples of drainRows = ${drainRows}`)
  const bytes = dramBytes(execution, store, store.count * 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < store.count; i++) view.setInt32(i * 4, execution.state.logits[store.first + i]!, true)
}

type GroupAction = (bytes: Uint8Array, group: WordGroup, address: number) => void

function eachGroup(execution: Execution, transfer: MapTransfer, action: GroupAction): void {
  const { machine } = execution.state
  const groups = wordGroups(machine, transfer)
  if (groups.length === 0) throw execution.fault('no channels', 'at least one channel')
  const bytes = dramBytes(execution, transfer, transferBytes(machine, transfer))
  for (const group of groups) {
    checkAddress(execution, groupAddress(transfer, group, transfer.positions - 1), 'last')
  }
  let at = 0
  for (let position = 0; position < transfer.positions; position++) {
    for (const group of groups) {
      action(bytes.subarray(at, at + group.bytes), group, groupAddress(transfer, group, position))
      at += group.bytes
    }
  }
}
