// The text of the losses: the cycles of all PEs by layer and cause.

import { lossCauses } from '../../simulator/losses.ts'
import type { LossCause } from '../../simulator/losses.ts'
import type { SimulatorReport } from '../../toolchain/reports/simulation-schema.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { facts, table, whole } from './table.ts'

const causes = Object.keys(lossCauses) as LossCause[]

export function lossesText(rows: NonNullable<SimulatorReport['losses']>): PrintableText {
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const used = causes.filter((cause) => rows.some(({ spent }) => spent[cause] !== 0))
  const line = (name: string, cycles: number, of: (cause: LossCause) => number): string[] => [
    name,
    whole(cycles),
    ...used.map((cause) => (of(cause) === 0 ? '' : of(cause).toFixed(1))),
  ]
  const lines = [
    ...rows.map(({ name, cycles, spent }) => line(name, cycles, (cause) => spent[cause]!)),
    line(
      'image',
      sum(({ cycles }) => cycles),
      (cause) => sum(({ spent }) => spent[cause]!),
    ),
  ]
  return paragraphs(
    table(['PE cycles ÷ PEs', '>cycles', ...used.map((cause) => `>${cause}`)], lines),
    facts(used.map((cause) => [cause, lossCauses[cause]])),
  )
}
