// What `dlp simulate --losses` prints: where the cycles of all PEs went, layer by layer and cause by cause.
import { processingElements } from '../isa/model/machine.ts'
import type { Program } from '../isa/program.ts'
import { imageLosses, lossCauses } from '../simulator/losses.ts'
import type { LossCause } from '../simulator/losses.ts'
import type { ImageStatistics } from '../simulator/statistics.ts'
import { type Block, paragraphs } from './output.ts'
import { facts, table, whole } from './table.ts'

const causes = Object.keys(lossCauses) as LossCause[]

/** For `--json`: cycles of all PEs by cause; those of a row add up to its cycles, the rows to the image. */
export function lossesJson(program: Program, image: ImageStatistics): object {
  const pes = processingElements(program.machine)
  return imageLosses(program, image).map(({ name, cycles, peCycles }) => ({
    name,
    cycles,
    spent: Object.fromEntries(causes.map((cause) => [cause, peCycles[cause] / pes])),
  }))
}

/** For people. */
export function lossesText(program: Program, image: ImageStatistics): Block {
  const pes = processingElements(program.machine)
  const rows = imageLosses(program, image)
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const used = causes.filter((cause) => rows.some(({ peCycles }) => peCycles[cause] !== 0))
  const cell = (peCycles: number): string => (peCycles === 0 ? '' : (peCycles / pes).toFixed(1))
  const line = (name: string, cycles: number, of: (cause: LossCause) => number): string[] => [
    name,
    whole(cycles),
    ...used.map((cause) => cell(of(cause))),
  ]
  const lines = [
    ...rows.map(({ name, cycles, peCycles }) => line(name, cycles, (cause) => peCycles[cause])),
    line(
      'image',
      sum(({ cycles }) => cycles),
      (cause) => sum(({ peCycles }) => peCycles[cause]),
    ),
  ]
  return paragraphs(
    table(['PE cycles ÷ PEs', '>cycles', ...used.map((cause) => `>${cause}`)], lines),
    facts(used.map((cause) => [cause, lossCauses[cause]])),
  )
}
