// dlp ops: every operator that a model may have, what it must be, and what becomes of it.

import type { CommandModule } from 'yargs'
import type { OperatorEntry } from '../../compiler/operator-list.ts'
import { didYouMean } from '../../base/did-you-mean.ts'
import { DlpError } from '../../base/error.ts'
import { type PrintableText, blockOf, paragraphs, print, printJson } from '../output.ts'
import { facts } from '../print/table.ts'

export const opsCommand: CommandModule<object, { operator?: string; json: boolean }> = {
  command: 'ops [operator]',
  describe: 'List the operators of ONNX that are read, their limits, and which of them the machine does',
  builder: (yargs) =>
    yargs
      .positional('operator', { type: 'string', describe: 'only this one' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ operator, json }) => {
    const { operatorList, supports } = await import('../../compiler/operator-list.ts')
    const all = operatorList()
    const chosen =
      operator === undefined ? all : all.filter(({ name }) => name.toLowerCase() === operator.toLowerCase())
    if (chosen.length === 0)
      throw new DlpError({
        what: `'${operator}' is not read`,
        allowed: all.map(({ name }) => name).join(', '),
        help:
          didYouMean(
            operator ?? '',
            all.map(({ name }) => name),
          ) ?? 'express the model with these operators, or cut this part off and run it outside',
      })
    if (json) return printJson({ supports, operators: chosen })
    print(paragraphs(facts(Object.entries(supports)), ...chosen.map(described)))
  },
}

function described(entry: OperatorEntry): PrintableText {
  const { name, support, summary, limits, loweringLimits, refusal, passes, edge } = entry
  return blockOf([
    `${name} (${support}): ${summary}`,
    ...limits.map((limit) => `  - ${limit}`),
    ...loweringLimits.map((limit) => `  - in a layer: ${limit}`),
    ...(passes.length > 0 ? [`  - written with others by ${passes.join(', ')}`] : []),
    ...(refusal === undefined ? [] : [`  - in no layer as it is: ${refusal}`]),
    ...(edge === undefined ? [] : [`  - at the edge of a graph: ${edge}`]),
  ])
}
