// What `dlp simulate` prints of power: always called an estimate, with what it is made of.

import type { Program } from '../isa/program.ts'
import { imagesPerRun } from '../isa/program.ts'
import { activityOf } from '../simulator/power/activity.ts'
import type { TimedRun } from '../simulator/power/activity.ts'
import type { PowerConstants } from '../simulator/power/constants.ts'
import { estimatePower } from '../simulator/power/estimate.ts'
import type { PowerEstimate } from '../simulator/power/estimate.ts'
import { type Block, paragraphs } from './output.ts'
import { facts, percent, table, whole } from './table.ts'

/** An estimate with the constants that it rests on. */
export interface PowerReport extends PowerEstimate {
  readonly constants: PowerConstants
  readonly joulesPerImage: number
}

/** The estimate of a run at a clock. */
export function powerOf(program: Program, run: TimedRun, clockMHz: number, constants: PowerConstants): PowerReport {
  const estimate = estimatePower(activityOf(program, run, clockMHz), constants)
  return { ...estimate, constants, joulesPerImage: estimate.joules / imagesPerRun(program) }
}

/** For `--json`: counts, and watts by constant. */
export function powerJson({
  watts,
  lowWatts,
  highWatts,
  joulesPerImage,
  activity,
  breakdown,
  constants,
}: PowerReport): object {
  return {
    isEstimate: true,
    averageWatts: watts,
    boundsWatts: [lowWatts, highWatts],
    joulesPerImage,
    activity,
    breakdown: breakdown.map(({ name, ...share }) => {
      const { value, unit, per, basis } = constants[name]
      return { name, ...share, constant: { value, unit, per, basis } }
    }),
  }
}

/** One line for people. */
export function powerFacts({ watts, lowWatts, highWatts, joulesPerImage }: PowerReport): readonly [string, string] {
  const bounds =
    lowWatts === highWatts
      ? ''
      : `, ${lowWatts.toFixed(0)} to ${highWatts.toFixed(0)} W with all constants at their bounds`
  return ['power (estimate)', `${watts.toFixed(1)} W, ${(1000 * joulesPerImage).toFixed(2)} mJ an image${bounds}`]
}

/** What it is made of, for `--power`. */
export function powerText({ breakdown, constants, watts }: PowerReport): Block {
  const rows = breakdown.map(({ name, watts: own, share, count }) => {
    const { value, low, high, unit, per, basis, what } = constants[name]
    const counted = count === undefined || unit === 'W' ? '' : whole(count)
    const bounds = low === high ? 'given' : `${low} to ${high}`
    return [name, own.toFixed(2), percent(share), counted, unit === 'pJ' ? per : '', String(value), unit, bounds, low === high ? '' : basis, what] // prettier-ignore
  })
  return paragraphs(
    table(
      ['estimated power', '>W', '>share', '>count of a run', 'of', '>constant', 'unit', 'bounds', 'basis', 'for'],
      [...rows, ['sum', watts.toFixed(2)]],
    ),
    facts([
      [
        'an estimate',
        'nothing is measured: doubling a constant adds its share; sources in simulator/power/constants.ts',
      ],
    ]),
  )
}
