// A machine as one value: the three named ones, and the laws that every machine keeps.
import { didYouMean } from '../../base/did-you-mean.ts'
import { DlpError } from '../../base/error.ts'
import { geometriesPerBlock, logitsWords, tapRows } from './formats.ts'
import { transfersInFlight } from '../timing.ts'

/** One DLP as a value: all that hardware, compiler and simulator depend on. */
export interface Machine {
  readonly name: string
  /** lanes down and across: GH × GW = P */
  readonly gridHeight: number
  readonly gridWidth: number
  /** PE rows of a cluster: U */
  readonly rows: number
  /** clusters: C */
  readonly clusters: number
  /** feature memory banks of a cluster: B */
  readonly banks: number
  /** rows drained per cycle: R */
  readonly drainRows: number
  /** words (P nibbles each) of a feature memory bank */
  readonly featureWords: number
  /** beats of the weight memory */
  readonly weightBeats: number
  /** row groups (U rows of bias, multiplier, shift) of the parameter memory */
  readonly parameterGroups: number
  readonly accumulatorBits: number
  /** two lanes share one DSP, accumulators included */
  readonly packedPairs: boolean
  readonly axiBits: number
  readonly instructionWords: number
  readonly dramLatencyCycles: number
  readonly outstandingBursts: number
  readonly queueDepth: number
  readonly clockMHz: number
  /** implementation limits: what a small machine leaves out; without them a machine has everything */
  readonly limits?: Partial<ImplementationLimits>
}

/** What a machine has less of than the ISA allows, so that it takes less area; encodings stay the same. */
export interface ImplementationLimits {
  /** source geometries of a table block that exist: the first ones */
  readonly geometries: number
  /** tap rows and tap columns that exist: the first ones */
  readonly taps: number
  /** int32 of the logits memory */
  readonly logitsWords: number
  /** LOADs, likewise LOADWs, LOADPs and LOADTs, that may be issued and not yet retired */
  readonly transfersInFlight: number
  /** bits of a byte address in DRAM */
  readonly dramAddressBits: number
  /** has bank operations */
  readonly bankSide: boolean
  /** has COLUMNS: COMPUTEs over some columns of the patch */
  readonly columnRanges: boolean
  /** has lane sums, the logits memory and STOREL */
  readonly laneSums: boolean
  /**
   * cycles that post takes for a row group. Above 1 it works bit by bit, there are no partial sums (a position is one part), and a
   * position's last code is written before the next position begins
   */
  readonly postInterval: number
  /** bits of a field of instructions, geometries and slots, by its name: what lies above is zero */
  readonly fieldBits: Readonly<Record<string, number>>
}

/** The limits of a machine that states none: those of the ISA. */
export const noImplementationLimits: ImplementationLimits = {
  geometries: geometriesPerBlock,
  taps: tapRows,
  logitsWords,
  transfersInFlight,
  dramAddressBits: 64,
  bankSide: true,
  columnRanges: true,
  laneSums: true,
  postInterval: 1,
  fieldBits: {},
}

/** All implementation limits of a machine. */
export const limitsOf = ({ limits }: Machine): ImplementationLimits =>
  limits === undefined ? noImplementationLimits : { ...noImplementationLimits, ...limits }

const common = { outstandingBursts: 16 } as const

export const machines = {
  tiny: {
    name: 'tiny',
    gridHeight: 2,
    gridWidth: 2,
    rows: 8,
    clusters: 2,
    banks: 4,
    drainRows: 2,
    featureWords: 512,
    weightBeats: 1024,
    parameterGroups: 64,
    accumulatorBits: 32,
    packedPairs: false,
    axiBits: 64,
    instructionWords: 512,
    dramLatencyCycles: 8,
    queueDepth: 2,
    clockMHz: 100,
    ...common,
  },
  edge: {
    name: 'edge',
    gridHeight: 4,
    gridWidth: 4,
    rows: 16,
    clusters: 2,
    banks: 8,
    drainRows: 2,
    featureWords: 4096,
    weightBeats: 65536,
    parameterGroups: 512,
    accumulatorBits: 32,
    packedPairs: false,
    axiBits: 128,
    instructionWords: 4096,
    dramLatencyCycles: 40,
    queueDepth: 8,
    clockMHz: 200,
    ...common,
  },
  card: {
    name: 'card',
    gridHeight: 7,
    gridWidth: 7,
    rows: 64,
    clusters: 4,
    banks: 16,
    drainRows: 8,
    featureWords: 4096,
    weightBeats: 32768,
    parameterGroups: 1024,
    accumulatorBits: 22,
    packedPairs: true,
    axiBits: 512,
    instructionWords: 4096,
    dramLatencyCycles: 60,
    queueDepth: 8,
    clockMHz: 250,
    ...common,
  },
} as const satisfies Record<string, Machine>

export type MachineName = keyof typeof machines

/** Lanes of the grid: P. */
export const lanes = (machine: Machine): number => machine.gridHeight * machine.gridWidth

/** Storage channels that fill one slot of every bank of every cluster: C·B. */
export const slotChannels = (machine: Machine): number => machine.clusters * machine.banks

/** Processing elements: C·U·P. */
export const processingElements = (machine: Machine): number => machine.clusters * machine.rows * lanes(machine)

/** One of the named machines. */
export function namedMachine(name: string, where = '--machine'): Machine {
  if (!Object.hasOwn(machines, name)) {
    throw new DlpError({
      what: `no machine '${name}'`,
      where,
      allowed: `${Object.keys(machines).join(', ')}, or a JSON file`,
      help: didYouMean(name, Object.keys(machines)),
    })
  }
  return machines[name as MachineName]
}
