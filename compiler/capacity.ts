// Capacities: everything of a machine that a model can be too large for, as one list.
import { instructions, mostRegionUnits } from '../isa/instructions.ts'
import { fieldRange } from '../base/bits.ts'
import { limitsOf, type Machine } from '../isa/model/machine.ts'
import { counted } from '../base/words.ts'

/** Something of which a machine has only so much. */
export interface Capacity {
  /** what was found: a model that takes so much */
  readonly takes: (need: string) => string
  readonly room: (machine: Machine) => number
  readonly allowed: (machine: Machine) => string
  /** the field of a machine that says how much there is; absent where none does */
  readonly field?: 'parameterGroups' | 'instructionWords' | 'weightBeats' | 'featureWords'
  /** what may help where no option and no larger machine does */
  readonly help: string
}

const ofField = (field: NonNullable<Capacity['field']>): Pick<Capacity, 'room' | 'allowed' | 'field'> => ({
  field,
  room: (machine) => machine[field],
  allowed: (machine) => `${field} = ${machine[field]}`,
})

/** Every row group writes all its rows. */
const mostLogits = (machine: Machine): number => Math.floor(limitsOf(machine).logitsWords / machine.rows) * machine.rows

const computeBeats = fieldRange(instructions.COMPUTE.fields.beats).high

/** All of them. A bound known before anything is scheduled is checked then, the exact number when it is known. */
export const capacities = {
  parameterGroups: {
    ...ofField('parameterGroups'),
    takes: (need) => `${counted(need, 'row group')}`,
    help: 'use a machine with more parameterGroups or rows, or a smaller model',
  },
  instructionWords: {
    ...ofField('instructionWords'),
    takes: (need) => `${counted(need, 'instruction')}`,
    help: 'use a machine with more instructionWords, or a smaller model',
  },
  residentBeats: {
    ...ofField('weightBeats'),
    allowed: ({ weightBeats }) => `weightBeats = ${weightBeats} for resident weights`,
    takes: (need) => `the weights need ${counted(need, 'beat')}`,
    help: 'use --weights-in streamed, a lower density or fewer bits',
  },
  groupBeats: {
    ...ofField('weightBeats'),
    takes: (need) => `a row group needs ${counted(need, 'beat')}`,
    help: 'use a lower density, or weights or activations of fewer bits',
  },
  computeBeats: {
    room: () => computeBeats,
    allowed: () => `at most ${computeBeats}`,
    takes: (need) => `a row group needs ${counted(need, 'beat')}`,
    help: 'use a lower density, fewer bits, or a machine with more clusters',
  },
  logits: {
    room: mostLogits,
    allowed: (machine) => `at most ${mostLogits(machine)}`,
    takes: (need) => `it has ${need} logits`,
    help: 'end the network in fewer classes, or in a map',
  },
  featureWords: {
    ...ofField('featureWords'),
    takes: (need) => `the maps need ${counted(need, 'word')} of every feature memory bank`,
    help: 'use a smaller input, or a machine with more lanes, banks or featureWords',
  },
  constants: {
    room: () => mostRegionUnits,
    allowed: () => '2^24 units of 64 bytes',
    takes: () => 'the constants need more than 1 GiB',
    help: 'use a lower density or fewer bits',
  },
} as const satisfies Record<string, Capacity>

/** What the formats of tables, layers and small machines hold: who finds them too small says how. */
const formats = {
  table: { help: 'use a machine with more clusters × banks, or split the layer' },
  lanes: { help: 'use a machine with more lanes or a smaller input' },
  limits: { help: 'use a machine without this limit' },
} as const

export type CapacityName = keyof typeof capacities

/** Something of which a machine has too little. */
export interface Lack {
  readonly capacity: CapacityName | keyof typeof formats
  /** how much of it the model takes, as far as that is known */
  readonly need: number
}

/** What may help where no option and no larger machine does. */
export const helpOf = (capacity: Lack['capacity']): string => ({ ...capacities, ...formats })[capacity].help

/** Beats with which a schedule of so many at least gets by, as a rule: it takes somewhat more than its bound. */
export const scheduledBeats = (bound: number): number => Math.ceil(1.1 * bound) + 4

/** The same machine with room for a need; undefined where no field says how much room there is. */
export function enlarged(machine: Machine, { capacity, need }: Lack): Machine | undefined {
  const entry: Capacity | undefined = capacity in capacities ? capacities[capacity as CapacityName] : undefined
  if (entry?.field === undefined) return undefined
  const room = entry.room(machine)
  if (entry.field === 'weightBeats') return { ...machine, weightBeats: scheduledBeats(need) }
  // Maps may fit by their words and yet not between each other.
  return { ...machine, [entry.field]: need > room ? need : Math.ceil(room * 1.125) }
}
