// A machine as one value: the three named ones, and the laws that every machine keeps.
import { didYouMean } from './did-you-mean.ts'
import { DlpError } from './error.ts'
import { geometriesPerBlock, logitsWords } from './formats.ts'
import { fieldBitsProblem } from './limits.ts'
import { leastSerialPostCycles, psumLoopCycles, transfersInFlight } from './timing.ts'

/** Everything that hardware, compiler and simulator need to know of one DLP. */
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
  /** what a small machine leaves out; a machine without has everything */
  readonly limits?: Partial<Limits>
}

/** What a machine may have less of than the ISA allows, so that it takes less of a device; encodings stay. */
export interface Limits {
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
  /** has POOL, MOVE and REPATCH */
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

/** The limits of a machine that names none. */
export const noLimits: Limits = {
  geometries: geometriesPerBlock,
  taps: 8,
  logitsWords,
  transfersInFlight,
  dramAddressBits: 64,
  bankSide: true,
  columnRanges: true,
  laneSums: true,
  postInterval: 1,
  fieldBits: {},
}

/** All limits of a machine. */
export const limitsOf = ({ limits }: Machine): Limits => (limits === undefined ? noLimits : { ...noLimits, ...limits })

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

interface Law {
  readonly sentence: string
  readonly holds: (machine: Machine) => boolean
}

const between = (value: number, low: number, high: number): boolean => value >= low && value <= high

/** The laws of a machine; each sentence is the error message, the manual's line and the test's name. */
export const machineLaws: readonly Law[] = [
  {
    sentence: 'gridHeight and gridWidth are 1 to 16, with at most 64 lanes',
    holds: (m) => between(m.gridHeight, 1, 16) && between(m.gridWidth, 1, 16) && lanes(m) <= 64,
  },
  { sentence: 'banks is even, 2 to 32', holds: (m) => m.banks % 2 === 0 && between(m.banks, 2, 32) },
  { sentence: 'clusters is 1 to 8', holds: (m) => between(m.clusters, 1, 8) },
  { sentence: 'rows is 1 to 256', holds: (m) => between(m.rows, 1, 256) },
  { sentence: 'drainRows divides rows', holds: (m) => m.drainRows >= 1 && m.rows % m.drainRows === 0 },
  { sentence: 'drainRows is a multiple of clusters', holds: (m) => m.drainRows % m.clusters === 0 },
  { sentence: 'rows is a multiple of clusters × banks', holds: (m) => m.rows % slotChannels(m) === 0 },
  { sentence: '4 × drainRows is at most clusters × banks', holds: (m) => 4 * m.drainRows <= slotChannels(m) },
  {
    sentence: `the PSUM loop (${psumLoopCycles} cycles) takes at most rows ÷ drainRows cycles`,
    holds: (m) => psumLoopCycles <= m.rows / m.drainRows,
  },
  { sentence: 'featureWords is 16 to 65,536', holds: (m) => between(m.featureWords, 16, 65536) },
  { sentence: 'weightBeats is 16 to 65,536', holds: (m) => between(m.weightBeats, 16, 65536) },
  { sentence: 'parameterGroups is 1 to 4,096', holds: (m) => between(m.parameterGroups, 1, 4096) },
  {
    sentence: 'accumulatorBits is 21 to 32, so that the widest weight times the widest code fits',
    holds: (m) => between(m.accumulatorBits, 21, 32),
  },
  {
    sentence: 'packedPairs needs accumulatorBits of at most 22',
    holds: (m) => !m.packedPairs || m.accumulatorBits <= 22,
  },
  { sentence: 'axiBits is 64, 128, 256 or 512', holds: (m) => [64, 128, 256, 512].includes(m.axiBits) },
  { sentence: 'instructionWords is 16 to 65,536', holds: (m) => between(m.instructionWords, 16, 65536) },
  { sentence: 'dramLatencyCycles is 1 to 1,000', holds: (m) => between(m.dramLatencyCycles, 1, 1000) },
  { sentence: 'outstandingBursts is 1 to 64', holds: (m) => between(m.outstandingBursts, 1, 64) },
  { sentence: 'queueDepth is 1 to 64', holds: (m) => between(m.queueDepth, 1, 64) },
  { sentence: 'clockMHz is 1 to 2,000', holds: (m) => between(m.clockMHz, 1, 2000) },
  { sentence: 'limits.geometries is 1, 2 or 4', holds: (m) => [1, 2, 4].includes(limitsOf(m).geometries) },
  { sentence: 'limits.taps is 2, 4 or 8', holds: (m) => [2, 4, 8].includes(limitsOf(m).taps) },
  {
    sentence: 'limits.logitsWords is a multiple of rows, at most 4,096',
    holds: (m) => {
      const { logitsWords: words } = limitsOf(m)
      return words === logitsWords || (between(words, 16, logitsWords) && words % m.rows === 0)
    },
  },
  {
    sentence: `limits.transfersInFlight is 1 to ${transfersInFlight}`,
    holds: (m) => between(limitsOf(m).transfersInFlight, 1, transfersInFlight),
  },
  {
    sentence: 'limits.dramAddressBits is 13 to 30, or 64',
    holds: (m) => limitsOf(m).dramAddressBits === 64 || between(limitsOf(m).dramAddressBits, 13, 30),
  },
  {
    sentence: `limits.postInterval is 1, or ${leastSerialPostCycles} to 128 on a machine of one cluster and one geometry without lane sums, POOL, MOVE and REPATCH`,
    holds: (m) => {
      const { postInterval, laneSums, bankSide, geometries } = limitsOf(m)
      const serial = between(postInterval, leastSerialPostCycles, 128)
      return (
        postInterval === 1 ||
        (serial && geometries === 1 && !laneSums && !bankSide && m.clusters === 1 && !m.packedPairs)
      )
    },
  },
  {
    sentence: 'limits.fieldBits names unsigned fields, each with 1 to as many bits as the ISA gives it',
    holds: (m) => fieldBitsProblem(limitsOf(m).fieldBits) === undefined,
  },
]

/** Whether a machine breaks a law. */
export const breaksLaw = (machine: Machine): boolean => machineLaws.some((law) => !law.holds(machine))

/** Refuses a machine that breaks a law, naming every law broken. */
export function checkMachine(machine: Machine, where = 'machine'): Machine {
  const broken = machineLaws.filter((law) => !law.holds(machine)).map((law) => law.sentence)
  if (broken.length > 0) {
    throw new DlpError({
      what: `machine '${machine.name}' breaks ${broken.length} law(s)`,
      where,
      allowed: broken.join('; '),
    })
  }
  return machine
}

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
