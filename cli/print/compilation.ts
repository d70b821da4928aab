// The text of a compilation: its layers and totals.

import type { CompileReport } from '../../compiler/compile.ts'
import { outcomes, type OperatorOutcome } from '../../compiler/explain.ts'
import { shortList } from '../../compiler/refusal.ts'
import { imagesPerRun, layersOfImage } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import type { Streaming } from '../../toolchain/reports/streaming.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { streamingText } from './streaming.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'

/** The file that a command wrote. */
export interface Written {
  readonly output: string
  readonly seconds: number
  readonly fileBytes: number
}

export function compilationText(
  program: Program,
  report: CompileReport,
  streaming: Streaming | undefined,
  { output, seconds, fileBytes }: Written,
): PrintableText {
  const images = imagesPerRun(program)
  const layers = table(
    ['layer', 'kind', 'shape', '>density', '>lanes', '>beats', '>of bound'],
    layersOfImage(program).map((layer, index) => [
      layer.name,
      layer.kind,
      layer.shape.join('×'),
      layer.weights === 0 ? '–' : percent(layer.nonZeros / layer.weights),
      percent(report.laneUse[index] ?? 0),
      layer.beats === 0 ? '–' : whole(layer.beats),
      layer.beats === 0 ? '–' : percent(layer.boundBeats / layer.beats),
    ]),
  )
  const totals = facts([
    ['program', `${output}, ${byteSize(fileBytes)}, ${whole(report.instructions)} instructions`],
    ['machine', `'${program.machine.name}', weights ${report.weightsIn}`],
    ...(images === 1 ? [] : [['images a run', whole(images)] as const]),
    ...(streaming === undefined ? [] : [['streamed weights', streamingText(streaming)] as const]),
    ['scales', report.scales === 'given' ? 'those of the quantised model' : 'calibrated here'],
    ['density', `${percent(report.density)}, ${report.bitsPerNonZero.toFixed(1)} bits per non-zero weight`],
    ['greatest sum', `${percent(report.overflowBound)} of the accumulator's range`],
    ...reusedFacts(report),
    ...cacheFacts(report),
    ['time', `${seconds.toFixed(2)} s`],
  ])
  return paragraphs(...(report.operators === undefined ? [] : operatorTexts(report.operators)), layers, totals)
}

/** What every operator of the model became, and the meaning of these words. */
function operatorTexts(operators: readonly OperatorOutcome[]): PrintableText[] {
  const found = new Set(operators.map(({ outcome }) => outcome))
  return [
    table(
      ['operator', 'node', 'became', 'layers', 'why'],
      operators.map(({ node, op, outcome, layers: own, why }) => [op, node, outcome, shortList(own), why.join('; ')]),
    ),
    facts(Object.entries(outcomes).filter(([name]) => found.has(name as keyof typeof outcomes))),
  ]
}

/** The schedules that an update reused, and the layers that were scheduled. */
function reusedFacts({ kept = [] }: CompileReport): [string, string][] {
  if (kept.length === 0) return []
  const all = kept.reduce((sum, { groups }) => sum + groups, 0)
  const reused = kept.reduce((sum, layer) => sum + layer.kept, 0)
  const scheduled = kept.filter((layer) => layer.kept < layer.groups).map(({ name }) => name)
  const rest = scheduled.length === 0 ? '' : `; scheduled: ${scheduled.join(', ')}`
  return [['reused', `${whole(reused)} of ${whole(all)} schedules of row groups${rest}`]]
}

function cacheFacts({ fromCache = [] }: CompileReport): [string, string][] {
  const found = fromCache.filter((each) => each).length
  return found === 0 ? [] : [['cache', `the schedules of ${whole(found)} of ${whole(fromCache.length)} layers`]]
}
