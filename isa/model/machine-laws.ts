// The laws that every machine keeps; each reports what it found and the nearest machine that keeps it.
import { DlpError } from '../../base/error.ts'
import { logitsWords } from './formats.ts'
import { fieldBitsProblem, nearestFieldBits } from './implementation-limits.ts'
import { lanes, limitsOf, slotChannels, type ImplementationLimits, type Machine } from './machine.ts'
import { leastSerialPostCycles, psumLoopCycles, transfersInFlight } from '../timing.ts'
import { counted } from '../../base/words.ts'

/** New values for some fields of a machine; `limits` for some of its implementation limits. */
export type MachineChange = Partial<Omit<Machine, 'limits' | 'name'>> & {
  readonly limits?: Partial<ImplementationLimits>
}

export interface Law {
  /** the error message, the manual's line and the test's name */
  readonly sentence: string
  readonly holds: (machine: Machine) => boolean
  /** the values that the law checks */
  readonly found: (machine: Machine) => string
  /** changes of a machine that breaks the law, each of which makes it hold; the first is the nearest */
  readonly nearest: (machine: Machine) => readonly MachineChange[]
}

type NumberField = { [K in keyof Machine]-?: Machine[K] extends number ? K : never }[keyof Machine]

const between = (value: number, low: number, high: number): boolean => value >= low && value <= high
const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)
const closest = (value: number, choices: readonly number[]): number =>
  choices.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best))
const grouped = (value: number): string => value.toLocaleString('en-US')

/** A field within a range. */
const range = (field: NumberField, low: number, high: number): Law => ({
  sentence: `${field} is ${grouped(low)} to ${grouped(high)}`,
  holds: (m) => between(m[field], low, high),
  found: (m) => `${field} = ${m[field]}`,
  nearest: (m) => [{ [field]: clamp(m[field], low, high) }],
})

/** Fields that depend on each other, each nearest to its own value: clusters and banks first, then rows, then drainRows. */
function shaped(machine: Machine): Required<Pick<Machine, 'clusters' | 'banks' | 'rows' | 'drainRows'>> {
  const clusters = clamp(machine.clusters, 1, 8)
  // With two banks no number of drained rows is small enough.
  const banks = clamp(2 * Math.round(machine.banks / 2), 4, 32)
  const rows = multipleNear(machine.rows, clusters * banks, 256)
  const divisors = Array.from({ length: (clusters * banks) / 4 }, (_, at) => at + 1)
  const drains = divisors.filter((count) => rows % count === 0 && count % clusters === 0)
  return { clusters, banks, rows, drainRows: closest(machine.drainRows, drains) }
}

/** The multiple of a step, at most `most`, that is nearest to a value. */
const multipleNear = (value: number, step: number, most: number): number =>
  clamp(Math.round(value / step), 1, Math.floor(most / step)) * step

/** A law over fields that depend on each other: as few of them change as possible. */
function joint(sentence: string, holds: Law['holds'], found: Law['found']): Law {
  const nearest = (machine: Machine): MachineChange[] => {
    const entries = Object.entries(shaped(machine)).filter(([field, value]) => machine[field as NumberField] !== value)
    const subsets = Array.from({ length: 2 ** entries.length }, (_, set) =>
      entries.filter((_entry, at) => (set >> at) & 1),
    )
    return subsets
      .sort((a, b) => a.length - b.length)
      .map((subset): MachineChange => Object.fromEntries(subset))
      .filter((change) => holds(withChange(machine, change)))
      .slice(0, 1)
  }
  return { sentence, holds, found, nearest }
}

/** A limit that is one of some values, or within a range. */
const limit = (
  field: Exclude<keyof ImplementationLimits, 'fieldBits' | 'bankSide' | 'columnRanges' | 'laneSums'>,
  sentence: string,
  near: (value: number, machine: Machine) => number,
): Law => ({
  sentence: `limits.${field} is ${sentence}`,
  holds: (m) => near(limitsOf(m)[field], m) === limitsOf(m)[field],
  found: (m) => `limits.${field} = ${limitsOf(m)[field]}`,
  nearest: (m) => [{ limits: { [field]: near(limitsOf(m)[field], m) } }],
})

const field =
  (name: NumberField) =>
  (machine: Machine): string =>
    `${name} = ${machine[name]}`
const fields =
  (...names: NumberField[]) =>
  (machine: Machine): string =>
    names.map((name) => field(name)(machine)).join(', ')
const slots = (machine: Machine): string => `clusters × banks = ${slotChannels(machine)}`

/** The laws of a machine. */
export const machineLaws: readonly Law[] = [
  {
    sentence: 'gridHeight and gridWidth are 1 to 16, with at most 64 lanes',
    holds: (m) => between(m.gridHeight, 1, 16) && between(m.gridWidth, 1, 16) && lanes(m) <= 64,
    found: (m) => `${fields('gridHeight', 'gridWidth')(m)}, ${counted(lanes(m), 'lane')}`,
    nearest: (m) => {
      const [height, width] = [clamp(m.gridHeight, 1, 16), clamp(m.gridWidth, 1, 16)]
      const isTaller = height > width
      const gridHeight = isTaller ? Math.min(height, Math.floor(64 / width)) : height
      return [{ gridHeight, gridWidth: isTaller ? width : Math.min(width, Math.floor(64 / height)) }]
    },
  },
  joint('banks is even, 2 to 32', (m) => m.banks % 2 === 0 && between(m.banks, 2, 32), field('banks')),
  joint('clusters is 1 to 8', (m) => between(m.clusters, 1, 8), field('clusters')),
  joint('rows is 1 to 256', (m) => between(m.rows, 1, 256), field('rows')),
  joint('drainRows divides rows', (m) => m.drainRows >= 1 && m.rows % m.drainRows === 0, fields('drainRows', 'rows')),
  joint('drainRows is a multiple of clusters', (m) => m.drainRows % m.clusters === 0, fields('drainRows', 'clusters')),
  withNeighbour(
    joint(
      'rows is a multiple of clusters × banks',
      (m) => m.rows % slotChannels(m) === 0,
      (m) => `${field('rows')(m)}, ${slots(m)}`,
    ),
  ),
  joint(
    '4 × drainRows is at most clusters × banks',
    (m) => 4 * m.drainRows <= slotChannels(m),
    (m) => `4 × drainRows = ${4 * m.drainRows}, ${slots(m)}`,
  ),
  joint(
    `the PSUM loop (${counted(psumLoopCycles, 'cycle')}) takes at most rows ÷ drainRows cycles`,
    (m) => psumLoopCycles <= m.rows / m.drainRows,
    fields('rows', 'drainRows'),
  ),
  range('featureWords', 16, 65536),
  range('weightBeats', 16, 65536),
  range('parameterGroups', 1, 4096),
  {
    ...range('accumulatorBits', 21, 32),
    sentence: 'accumulatorBits is 21 to 32, so that the widest weight times the widest code fits',
  },
  {
    sentence: 'packedPairs needs accumulatorBits of at most 22',
    holds: (m) => !m.packedPairs || m.accumulatorBits <= 22,
    found: (m) => `packedPairs = ${m.packedPairs}, accumulatorBits = ${m.accumulatorBits}`,
    nearest: () => [{ packedPairs: false }, { accumulatorBits: 22 }],
  },
  {
    sentence: 'axiBits is 64, 128, 256 or 512',
    holds: (m) => [64, 128, 256, 512].includes(m.axiBits),
    found: field('axiBits'),
    nearest: (m) => [{ axiBits: closest(m.axiBits, [64, 128, 256, 512]) }],
  },
  range('instructionWords', 16, 65536),
  range('dramLatencyCycles', 1, 1000),
  range('outstandingBursts', 1, 64),
  range('queueDepth', 1, 64),
  range('clockMHz', 1, 2000),
  limit('geometries', '1, 2 or 4', (value) => closest(value, [1, 2, 4])),
  limit('taps', '2, 4 or 8', (value) => closest(value, [2, 4, 8])),
  {
    ...limit('logitsWords', 'a multiple of rows, at most 4,096', (value, m) => {
      if (value === logitsWords) return value
      const step = m.rows >= 1 && m.rows <= 256 ? m.rows : shaped(m).rows
      const least = Math.ceil(16 / step) * step
      return Math.max(least, multipleNear(value, step, logitsWords))
    }),
    found: (m) => `limits.logitsWords = ${limitsOf(m).logitsWords}, ${field('rows')(m)}`,
  },
  limit('transfersInFlight', `1 to ${transfersInFlight}`, (value) => clamp(value, 1, transfersInFlight)),
  limit('dramAddressBits', '13 to 30, or 64', (value) =>
    between(value, 13, 30) ? value : closest(value, [13, 30, 64]),
  ),
  {
    sentence: `limits.postInterval is 1, or ${leastSerialPostCycles} to 128 on a machine of one cluster and one geometry without lane sums and bank operations`,
    holds: (m) => {
      const { postInterval } = limitsOf(m)
      return postInterval === 1 || (mayBeSerial(m) && between(postInterval, leastSerialPostCycles, 128))
    },
    found: (m) => {
      const { postInterval, geometries, laneSums, bankSide } = limitsOf(m)
      const own = `limits.postInterval = ${postInterval}, clusters = ${m.clusters}, packedPairs = ${m.packedPairs}`
      return `${own}, limits.geometries = ${geometries}, limits.laneSums = ${laneSums}, limits.bankSide = ${bankSide}`
    },
    nearest: (m) => {
      const { postInterval } = limitsOf(m)
      const serial = { limits: { postInterval: clamp(postInterval, leastSerialPostCycles, 128) } }
      const parallel = { limits: { postInterval: 1 } }
      return !mayBeSerial(m)
        ? [parallel]
        : postInterval < leastSerialPostCycles / 2
          ? [parallel, serial]
          : [serial, parallel]
    },
  },
  {
    sentence: 'limits.fieldBits names unsigned fields, each with 1 to as many bits as the ISA gives it',
    holds: (m) => fieldBitsProblem(limitsOf(m).fieldBits) === undefined,
    found: (m) => fieldBitsProblem(limitsOf(m).fieldBits) ?? 'nothing wrong',
    nearest: (m) => [{ limits: { fieldBits: nearestFieldBits(limitsOf(m).fieldBits) } }],
  },
]

function mayBeSerial(machine: Machine): boolean {
  const { geometries, laneSums, bankSide } = limitsOf(machine)
  return geometries === 1 && !laneSums && !bankSide && machine.clusters === 1 && !machine.packedPairs
}

/** The neighbouring multiple on the other side is as near. */
function withNeighbour(law: Law): Law {
  return {
    ...law,
    nearest: (machine) => {
      const [first, ...others] = law.nearest(machine)
      if (first?.rows === undefined || Object.keys(first).length > 1) return law.nearest(machine)
      const step = slotChannels(machine)
      const rows = first.rows + (first.rows < machine.rows ? step : -step)
      return between(rows, step, 256) ? [first, { rows }, ...others] : [first, ...others]
    },
  }
}

/** A machine with a change. */
export function withChange(machine: Machine, { limits, ...own }: MachineChange): Machine {
  return { ...machine, ...own, ...(limits === undefined ? {} : { limits: { ...machine.limits, ...limits } }) }
}

/** Whether a machine breaks a law. */
export const breaksLaw = (machine: Machine): boolean => machineLaws.some((law) => !law.holds(machine))

/**
 * A machine with the nearest changes of the laws that it breaks, one after the other.
 * @param may which changes are taken
 */
export function nearestMachine(machine: Machine, may: (change: MachineChange) => boolean = () => true): Machine {
  let current = machine
  // Every step sets a field to its last value, so that there are few.
  for (let step = 0; step < 2 * machineLaws.length; step++) {
    const changes = machineLaws.filter((law) => !law.holds(current)).flatMap((law) => law.nearest(current))
    const next = changes.find(may)
    if (next === undefined) return current
    current = withChange(current, next)
  }
  return current
}

/** Refuses a machine that breaks a law, naming every law broken, what was found and the nearest that would keep it. */
export function checkMachine(machine: Machine, where = 'machine'): Machine {
  const broken = machineLaws.filter((law) => !law.holds(machine))
  if (broken.length === 0) return machine
  const explained = broken.map((law) => {
    const nearest = law.nearest(machine).map(describeChange).join(', or ')
    return `${law.sentence} (found ${law.found(machine)}; nearest: ${nearest})`
  })
  throw new DlpError({
    what: `machine '${machine.name}' breaks ${counted(broken.length, 'law')}`,
    where,
    allowed: explained.join('; '),
    ...(broken.length === 1
      ? {}
      : { help: `all laws hold with ${describeDifference(machine, nearestMachine(machine))}` }),
  })
}

/** A change as a machine file has it. */
const describeChange = (change: MachineChange): string =>
  Object.entries(change)
    .map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
    .join(', ')

function describeDifference(from: Machine, to: Machine): string {
  const differs = Object.entries(to).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(from[name as keyof Machine]),
  )
  return describeChange(Object.fromEntries(differs) as MachineChange)
}
