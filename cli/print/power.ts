// The text of the power estimate, which is always called an estimate, with its parts.

import { elements } from '../../base/defined.ts'
import type { PowerReport } from '../../toolchain/reports/power.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { facts, percent, table, whole } from './table.ts'

/** The estimate in one line. */
export function powerFacts({ averageWatts, boundsWatts, joulesPerImage }: PowerReport): readonly [string, string] {
  const [low, high] = elements(boundsWatts, 2)
  const bounds = low === high ? '' : `, ${low.toFixed(0)} to ${high.toFixed(0)} W with all constants at their bounds`
  return [
    'power (estimate)',
    `${averageWatts.toFixed(1)} W, ${(1000 * joulesPerImage).toFixed(2)} mJ an image${bounds}`,
  ]
}

/** The parts of the estimate. */
export function powerText({ breakdown, averageWatts }: PowerReport): PrintableText {
  const rows = breakdown.map(({ name, watts, share, count, constant }) => {
    const { value, low, high, unit, per, basis, what } = constant
    const counted = count === undefined || unit === 'W' ? '' : whole(count)
    const bounds = low === high ? 'given' : `${low} to ${high}`
    return [name, watts.toFixed(2), percent(share), counted, unit === 'pJ' ? per : '', String(value), unit, bounds, low === high ? '' : basis, what] // prettier-ignore
  })
  return paragraphs(
    table(
      ['estimated power', '>W', '>share', '>count of a run', 'of', '>constant', 'unit', 'bounds', 'basis', 'for'],
      [...rows, ['sum', averageWatts.toFixed(2)]],
    ),
    facts([
      [
        'an estimate',
        'nothing is measured: doubling a constant adds its share; sources in simulator/power/constants.ts',
      ],
    ]),
  )
}
