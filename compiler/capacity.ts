// Capacities: everything of a machine that a model can exceed, as one list.
import { instructions, mostRegionUnits } from '../isa/instructions.ts'
import { fieldRange } from '../base/bits.ts'
import { limitsOf, type Machine } from '../isa/model/machine.ts'
import { counted } from '../base/words.ts'

/** A limited resource of a machine. */
export interface Capacity {
  /** what was found: a model that needs this much */
  readonly describeNeed: (need: string) => string
  readonly available: (machine: Machine) => number
  readonly allowed: (machine: Machine) => string
  /** the field of a machine that sets the available amount; absent where no field does */
  readonly field?: 'parameterGroups' | 'instructionWords' | 'weightBeats' | 'featureWords'
  /** what may help where neither an option nor a larger machine does */
  readonly help: string
}

const ofField = (field: NonNullable<Capacity['field']>): Pick<Capacity, 'available' | 'allowed' | 'field'> => ({
  field,
  available: (machine) => machine[field],
  allowed: (machine) => `${field} = ${machine[field]}`,
})

/** A row group always writes all of its rows, used or not. */
const mostLogits = (machine: Machine): number => Math.floor(limitsOf(machine).logitsWords / machine.rows) * machine.rows

const computeBeats = fieldRange(instructions.COMPUTE.fields.beats).high

/** All capacities. Lower bounds are checked before scheduling; exact numbers as soon as they are computed. */
export const capacities = {
  parameterGroups: {
    ...ofField('parameterGroups'),
    describeNeed: (need) => `${counted(need, 'row group')}`,
    help: 'use a machine with more parameterGroups or rows, or a smaller model',
  },
  instructionWords: {
    ...ofField('instructionWords'),
    describeNeed: (need) => `${counted(need, 'instruction')}`,
    help: 'use a machine with more instructionWords, or a smaller model',
  },
  residentBeats: {
    ...ofField('weightBeats'),
    allowed: ({ weightBeats }) => `weightBeats = ${weightBeats} for resident weights`,
    describeNeed: (need) => `the weights need ${counted(need, 'beat')}`,
    help: 'use --weights-in streamed, a lower density or fewer bits',
  },
  groupBeats: {
    ...ofField('weightBeats'),
    describeNeed: (need) => `a row group needs ${counted(need, 'beat')}`,
    help: 'use a lower density, or weights or activations of fewer bits',
  },
  computeBeats: {
    available: () => computeBeats,
    allowed: () => `at most ${computeBeats}`,
    describeNeed: (need) => `a row group needs ${counted(need, 'beat')}`,
    help: 'use a lower density, fewer bits, or a machine with more clusters',
  },
  logits: {
    available: mostLogits,
    allowed: (machine) => `at most ${mostLogits(machine)}`,
    describeNeed: (need) => `it has ${need} logits`,
    help: 'end the network in fewer classes, or in a map',
  },
  featureWords: {
    ...ofField('featureWords'),
    describeNeed: (need) => `the maps need ${counted(need, 'word')} of every feature memory bank`,
    help: 'use a smaller input, or a machine with more lanes, banks or featureWords',
  },
  constants: {
    available: () => mostRegionUnits,
    allowed: () => '2^24 units of 64 bytes',
    describeNeed: () => 'the constants need more than 1 GiB',
    help: 'use a lower density or fewer bits',
  },
} as const satisfies Record<string, Capacity>

/** Capacities that follow from the formats of tables and layers and from implementation limits: the check that finds one exceeded words its own message. */
const formats = {
  table: { help: 'use a machine with more clusters × banks, or split the layer' },
  lanes: { help: 'use a machine with more lanes or a smaller input' },
  limits: { help: 'use a machine without this limit' },
} as const

export type CapacityName = keyof typeof capacities

/** A capacity that a model exceeds. */
export interface Shortage {
  readonly capacity: CapacityName | keyof typeof formats
  /** how much of it the model needs, or a lower bound of that */
  readonly need: number
}

/** What may help where neither an option nor a larger machine does. */
export const helpOf = (capacity: Shortage['capacity']): string => ({ ...capacities, ...formats })[capacity].help

/** An estimate of the beats of a schedule from their lower bound: schedules are somewhat longer than it. */
export const scheduledBeats = (bound: number): number => Math.ceil(1.1 * bound) + 4

/** The same machine with a capacity large enough for a need; undefined where no field sets that capacity. */
export function enlarged(machine: Machine, { capacity, need }: Shortage): Machine | undefined {
  const entry: Capacity | undefined = capacity in capacities ? capacities[capacity as CapacityName] : undefined
  if (entry?.field === undefined) return undefined
  const available = entry.available(machine)
  if (entry.field === 'weightBeats') return { ...machine, weightBeats: scheduledBeats(need) }
  // Fragmentation: maps may not fit although there are enough words for all of them.
  return { ...machine, [entry.field]: need > available ? need : Math.ceil(available * 1.125) }
}
