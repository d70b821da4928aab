// The architectural state of one machine: every memory that an instruction can read or write, without time.
import type { Geometry, RowParameters, Slot } from '../model/formats.ts'
import { geometriesPerBlock, slotsPerBlock } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import { regions } from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import { lanes, limitsOf } from '../model/machine.ts'
import { emptyBeats } from '../weights/beats.ts'
import type { BeatStream } from '../weights/beats.ts'
import type { GroupPlan } from './decoded.ts'

export type Region = (typeof regions)[number]

/** One of the two table blocks. */
export interface TableBlock {
  readonly geometries: Geometry[]
  readonly slots: Slot[]
  tapBits: number
}

/** Parameter memory: [parameterGroups × U] of each. */
export interface ParameterMemory {
  readonly bias: Int32Array
  readonly multiplier: Int16Array
  readonly shift: Uint8Array
  readonly even: Uint8Array
}

/** One row's parameters. */
export const parameterAt = ({ bias, multiplier, shift, even }: ParameterMemory, at: number): RowParameters => ({
  bias: bias[at]!,
  multiplier: multiplier[at]!,
  shift: shift[at]!,
  even: even[at]!,
})

/** All memories; changed in place by `execute`. */
export interface MachineState {
  readonly machine: Machine
  /** [C × B × featureWords × P] one nibble (0 to 15) a byte */
  readonly feature: Uint8Array
  /** weightBeats beats, decoded */
  readonly weights: BeatStream
  readonly parameters: ParameterMemory
  readonly tables: readonly [TableBlock, TableBlock]
  /** the last LAYER of the run */
  layer: InstructionOf<'LAYER'> | undefined
  /** the last COLUMNS after it, if any */
  columns: InstructionOf<'COLUMNS'> | undefined
  /** [U × P] */
  readonly partialSums: Int32Array
  readonly logits: Int32Array
  /** bytes of each region; its length is its bound */
  readonly dram: Record<Region, Uint8Array>
  /** decoded groups by first beat and beats: valid until the weight memory changes */
  readonly plans: Map<number, GroupPlan>
}

/** The start of a run, which begins without a LAYER; all memories stay as they are. */
export function beginRun(state: MachineState): void {
  state.layer = undefined
  state.columns = undefined
}

/** Memories of zeros and empty DRAM regions: put the bytes of a program and its inputs into `dram`. */
export function createState(machine: Machine): MachineState {
  const rows = machine.parameterGroups * machine.rows
  return {
    machine,
    feature: new Uint8Array(machine.clusters * machine.banks * machine.featureWords * lanes(machine)),
    weights: emptyBeats(machine.weightBeats, machine),
    parameters: {
      bias: new Int32Array(rows),
      multiplier: new Int16Array(rows),
      shift: new Uint8Array(rows),
      even: new Uint8Array(rows),
    },
    tables: [emptyTable(), emptyTable()],
    layer: undefined,
    columns: undefined,
    partialSums: new Int32Array(machine.rows * lanes(machine)),
    logits: new Int32Array(limitsOf(machine).logitsWords),
    dram: {
      constants: new Uint8Array(),
      input: new Uint8Array(),
      output: new Uint8Array(),
      scratch: new Uint8Array(),
    },
    plans: new Map(),
  }
}

/** The number of a word among all words of feature memory, by cluster, bank and address. */
export const wordNumber = ({ banks, featureWords }: Machine, cluster: number, bank: number, address: number): number =>
  (cluster * banks + bank) * featureWords + address

/** Index in `feature` of lane 0 of a word. */
export const wordIndex = (machine: Machine, cluster: number, bank: number, address: number): number =>
  wordNumber(machine, cluster, bank, address) * lanes(machine)

/** The region that an instruction's field names. */
export const regionName = (region: number): Region => regions[region] ?? 'constants'

const noGeometry: Geometry = {
  pitch: 0,
  height: 0,
  strideY: 0,
  strideX: 0,
  offsetY: 0,
  offsetX: 0,
  dilationY: 0,
  dilationX: 0,
  columnBits: 0,
  validHeight: 0,
  validWidth: 0,
  planeStride: 0,
}
const noSlot: Slot = { base: 0, geometry: 0, signed: 0, fill: 0 }

const emptyTable = (): TableBlock => ({
  geometries: Array.from({ length: geometriesPerBlock }, () => noGeometry),
  slots: Array.from({ length: slotsPerBlock }, () => noSlot),
  tapBits: 0,
})
