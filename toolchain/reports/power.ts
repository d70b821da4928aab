// The power estimate in a report: always called an estimate, with its parts.

import type { Program } from '../../isa/program.ts'
import { imagesPerRun } from '../../isa/program.ts'
import { activityOf } from '../../simulator/power/activity.ts'
import type { RunTraffic } from '../../simulator/power/activity.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import { estimatePower } from '../../simulator/power/estimate.ts'
import type { SimulatorReport } from './simulation-schema.ts'

export type PowerReport = SimulatorReport['power']

/** The estimate of a run at a clock, with the constants that it uses. */
export function powerReport(
  program: Program,
  run: RunTraffic,
  clockMHz: number,
  constants: PowerConstants,
): PowerReport {
  const { watts, lowWatts, highWatts, joules, activity, breakdown } = estimatePower(
    activityOf(program, run, clockMHz),
    constants,
  )
  return {
    isEstimate: true,
    averageWatts: watts,
    boundsWatts: [lowWatts, highWatts],
    joulesPerImage: joules / imagesPerRun(program),
    activity: { ...activity },
    breakdown: breakdown.map(({ name, ...share }) => {
      const { value, low, high, unit, per, basis, what } = constants[name]
      return { name, ...share, constant: { value, low, high, unit, per, basis, what } }
    }),
  }
}
