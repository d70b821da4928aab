// The text of an evaluation.

import type { Evaluation } from '../../toolchain/evaluation/evaluate-models.ts'
import type { PrintableText } from '../output.ts'
import { facts, percent, whole } from './table.ts'

export function evaluationText({ models, comparison, images, imagesPerSecond }: Evaluation): PrintableText {
  const lines: [string, string][] = models.flatMap(({ model, top1, top5 }): [string, string][] => [
    [`top-1 of ${model}`, percent(top1)],
    [`top-5 of ${model}`, percent(top5)],
  ])
  if (comparison !== undefined) {
    const { agreement, bothRight, onlyFirst, onlySecond, bothWrong } = comparison
    lines.push(['same class', percent(agreement)])
    lines.push([
      'correct',
      `both ${whole(bothRight)}, only the first ${whole(onlyFirst)}, only the second ${whole(onlySecond)}, none ${whole(bothWrong)}`,
    ])
  }
  lines.push(['pictures', `${whole(images)}, ${imagesPerSecond.toFixed(1)} a second`])
  return facts(lines)
}
