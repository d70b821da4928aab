// An estimate of energy and power: every activity times its constant. Estimated, not measured: the constants say how well they are known.
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
  /** in the constants' order; their watts add up to the whole */
  readonly breakdown: readonly PowerShare[]
}

export interface PowerShare {
  readonly name: PowerConstantName
  readonly watts: number
  /** of the whole: doubling the constant adds so much to it (one on the chip: a little more, by the regulators) */
  readonly share: number
  /** the activity, where the constant has one */
  readonly count?: number
}

/** What is not on the chip takes no share of its regulators. */
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
