// Random transfers for the DMA units: memories and queues of LOAD, STOREL, LOADW, LOADP, LOADT and STORE without a hazard, from one seed.
import { packFields } from '../../base/bits.ts'
import { geometriesPerBlock, geometryFields, logitsWords, maxShift, parameterFields, slotFields } from '../../isa/model/formats.ts'
import { beatBytes, groupBytes, tableBytes } from '../../isa/model/sizes.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { slotChannels } from '../../isa/model/machine.ts'
import { random } from '../../base/random.ts'
import { transferBytes } from '../../isa/semantics/transfers.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import { createState } from '../../isa/semantics/state.ts'
import { emptyBeats, packBeats, packFlags } from '../../isa/weights/beats.ts'

export const transferQueues = ['load', 'parameter', 'store'] as const

export type TransferInstruction = InstructionOf<'LOAD' | 'STOREL' | 'LOADW' | 'LOADP' | 'LOADT' | 'STORE'>

/** An instruction and the first cycle in which it can issue. */
export interface Offered {
  readonly instruction: TransferInstruction
  readonly from: number
}

export interface RandomTransfers {
  readonly state: MachineState
  readonly queues: Readonly<Record<(typeof transferQueues)[number], readonly Offered[]>>
}

type Draw = (low: number, high: number) => number

/** Bytes of each DRAM region. */
export const regionSize = 65536
/** Beats, row groups and tables in `constants`, from the start, a quarter and the half of it on. */
const mostBeats = 60
const mostGroups = 12

/** Transfers of all kinds: LOAD writes the lower half of the feature memory, STORE reads the upper. */
export function randomTransfers(machine: Machine, seed: number): RandomTransfers {
  const uniform = random(seed)
  const draw: Draw = (low, high) => low + Math.floor(uniform() * (high - low + 1))
  const state = createState(machine)
  for (let i = 0; i < state.feature.length; i++) state.feature[i] = draw(0, 15)
  for (let i = 0; i < logitsWords; i++) state.logits[i] = draw(-(2 ** 31), 2 ** 31 - 1)
  for (const region of ['constants', 'input', 'output', 'scratch'] as const) {
    state.dram[region] = Uint8Array.from({ length: regionSize }, () => draw(0, 255))
  }
  const places = layConstants(state, draw)
  const common = { wait: 0, signal: 0 }
  // Often close together, sometimes with time between.
  const offered = <T extends TransferInstruction>(list: T[]): { instruction: T; from: number }[] => {
    let from = draw(0, 20)
    return list.map((instruction) => ({ instruction, from: (from += draw(0, 3) === 0 ? draw(0, 150) : draw(0, 3)) }))
  }
  const map = (region: number, low: number, high: number): Omit<InstructionOf<'STORE'>, 'op'> => {
    for (;;) {
      const shape = {
        ...common,
        region,
        positions: draw(1, draw(0, 3) === 0 ? 60 : 8),
        planeStride: draw(0, 40),
        channels: draw(1, draw(0, 2) === 0 ? 3 * slotChannels(machine) : slotChannels(machine) + 1),
        wide: draw(0, 1),
        startBank: draw(0, machine.banks - 1),
      }
      const planes = Math.ceil(shape.channels / slotChannels(machine)) * (1 + shape.wide)
      const words = (planes - 1) * shape.planeStride + shape.positions
      const bytes = transferBytes(machine, shape)
      if (words > high - low || bytes > regionSize) continue
      const address = draw(0, Math.floor((regionSize - bytes) / addressUnitBytes))
      return { ...shape, address, base: draw(low, high - words) }
    }
  }
  const half = Math.floor(machine.featureWords / 2)
  const loads = Array.from({ length: draw(0, 14) }, (): TransferInstruction => {
    if (draw(0, 4) > 0) return { op: 'LOAD', ...map(draw(0, 1), 0, half), pad: draw(0, 3) }
    const first = draw(0, Math.floor(logitsWords / machine.drainRows) - 1) * machine.drainRows
    const count = draw(1, Math.min(logitsWords - first, draw(0, 3) === 0 ? 1200 : 40))
    const address = draw(0, Math.floor((regionSize - 4 * count) / addressUnitBytes))
    return { op: 'STOREL', ...common, region: 3, address, first, count }
  })
  const parameters = Array.from({ length: draw(0, 16) }, (): TransferInstruction => {
    const kind = draw(0, 3)
    if (kind <= 1) {
      const beats = draw(0, 4) === 0 ? 0 : draw(1, mostBeats)
      return { op: 'LOADW', ...common, region: 0, address: places.beats, beat: draw(0, machine.weightBeats - beats), beats }
    }
    if (kind === 2) {
      const groups = draw(1, Math.min(mostGroups, machine.parameterGroups))
      const group = draw(0, machine.parameterGroups - groups)
      return { op: 'LOADP', ...common, region: 0, address: places.groups, group, groups }
    }
    const slots = draw(0, 128)
    return { op: 'LOADT', ...common, region: 0, address: places.table, block: draw(0, 1), slots, tapBits: draw(0, 6) }
  })
  const stores = Array.from({ length: draw(0, 8) }, (): TransferInstruction => ({ op: 'STORE', ...map(2, half, machine.featureWords) }))
  return { state, queues: { load: offered(loads), parameter: offered(parameters), store: offered(stores) } }
}

interface Places {
  /** in units of 64 bytes */
  readonly beats: number
  readonly groups: number
  readonly table: number
}

/** Puts legal beats, parameters and tables among the constants. */
function layConstants({ machine, dram }: MachineState, draw: Draw): Places {
  const constants = dram.constants
  let at = 0
  const place = (bytes: Uint8Array): number => {
    // Anywhere behind, so that bursts meet boundaries anywhere.
    const address = Math.ceil(at / addressUnitBytes) + draw(0, 20)
    constants.set(bytes, address * addressUnitBytes)
    at = address * addressUnitBytes + bytes.length
    return address
  }
  const stream = emptyBeats(mostBeats, machine)
  for (let i = 0; i < stream.values.length; i++) stream.values[i] = draw(-8, 7)
  for (let i = 0; i < stream.selects.length; i++) stream.selects[i] = draw(0, machine.banks - 1)
  for (let i = 0; i < stream.ids.length; i++) stream.ids[i] = draw(0, 255)
  for (let i = 0; i < stream.flags.length; i++) stream.flags[i] = packFlags({ shift: draw(0, 1), end: 0, keep: 0, page: draw(0, 7) })
  const beats = place(packBeats(stream, machine))

  const size = groupBytes(machine)
  const groupsBytes = new Uint8Array(mostGroups * size)
  for (let group = 0; group < mostGroups; group++) {
    for (let row = 0; row < machine.rows; row++) {
      const requantiser = draw(0, 1) === 0 ? { shift: draw(0, maxShift), even: 0 } : { shift: 15 * draw(1, 2), even: 1 }
      const fields = { bias: draw(-(2 ** 31), 2 ** 31 - 1), multiplier: draw(-32768, 32767), ...requantiser }
      groupsBytes.set(littleEndian(packFields(parameterFields, fields), 8), group * size + row * 8)
    }
  }
  const groups = place(groupsBytes)

  const tableData = new Uint8Array(tableBytes(machine, 128))
  for (let i = 0; i < geometriesPerBlock; i++) tableData.set(littleEndian(packFields(geometryFields, anyOf(geometryFields, draw)), 16), i * 16)
  for (let i = 0; i < 128; i++) tableData.set(littleEndian(packFields(slotFields, anyOf(slotFields, draw)), 4), geometriesPerBlock * 16 + i * 4)
  const table = place(tableData)
  if (at > regionSize || beatBytes(machine) * mostBeats > regionSize) throw new Error('the constants do not fit')
  return { beats, groups, table }
}

function anyOf<F extends Readonly<Record<string, { readonly bits: number; readonly signed?: boolean }>>>(fields: F, draw: Draw): { [K in keyof F]: number } {
  const values = Object.entries(fields).map(([name, { bits, signed = false }]) => {
    const low = signed ? -(2 ** (bits - 1)) : 0
    return [name, draw(low, low + 2 ** bits - 1)]
  })
  return Object.fromEntries(values) as { [K in keyof F]: number }
}

function littleEndian(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}
