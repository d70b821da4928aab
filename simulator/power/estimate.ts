// An estimate of energy and power: every activity times its constant. Nothing is measured; the constants state their bounds.
import type { ActivityCounts } from './activity.ts'
import type { PowerConstant, PowerConstantName, PowerConstants } from './constants.ts'

export interface PowerEstimate {
  readonly activity: ActivityCounts
  /** of the run, in joules */
  readonly joules: number
  /** average over the run */
  readonly watts: number
  /** with every constant at its lower bound, and at its upper one */
  readonly lowWatts: number
  readonly highWatts: number
  /** in the order of the constants; their watts add up to the total */
  readonly breakdown: readonly PowerShare[]
}

export interface PowerShare {
  readonly name: PowerConstantName
  readonly watts: number
  /** of the total: doubling the constant raises the total by this share (slightly more for power on the chip, because of the regulators) */
  readonly share: number
  /** count of the activity, where the constant has one */
  readonly count?: number
}

/** Power that is not on the chip, and so has no share of the regulators' losses. */
const offChip: ReadonlySet<PowerConstantName> = new Set(['dram', 'board', 'regulators'])

type Bound = 'value' | 'low' | 'high'

/** Estimates a run's energy. */
export function estimatePower(activity: ActivityCounts, constants: PowerConstants): PowerEstimate {
  const watts = wattsOf(activity, constants, 'value')
  const total = sum(watts)
  const breakdown = [...watts].map(([name, own]): PowerShare => {
    const { per } = constants[name]
    return {
      name,
      watts: own,
      share: total === 0 ? 0 : own / total,
      ...(per === 'chip' ? {} : { count: activity[per] }),
    }
  })
  return {
    activity,
    joules: total * activity.seconds,
    watts: total,
    lowWatts: sum(wattsOf(activity, constants, 'low')),
    highWatts: sum(wattsOf(activity, constants, 'high')),
    breakdown,
  }
}

function wattsOf(activity: ActivityCounts, constants: PowerConstants, bound: Bound): Map<PowerConstantName, number> {
  const names = Object.keys(constants) as PowerConstantName[]
  const found = new Map(names.map((name) => [name, own(activity, constants[name], bound)]))
  const onChip = [...found].reduce((total, [name, watts]) => total + (offChip.has(name) ? 0 : watts), 0)
  return found.set('regulators', onChip * constants.regulators[bound])
}

function own(activity: ActivityCounts, constant: PowerConstant, bound: Bound): number {
  if (constant.per === 'chip') return 0
  if (constant.unit === 'W') return constant[bound]
  return activity.seconds === 0 ? 0 : (activity[constant.per] * constant[bound] * 1e-12) / activity.seconds
}

const sum = (watts: ReadonlyMap<string, number>): number => [...watts.values()].reduce((total, each) => total + each, 0)
