// dlp ops: lists the operators that a model may have, their constraints, and what they become.

import type { CommandModule } from 'yargs'
import type { OperatorEntry } from '../../compiler/operator-list.ts'
import { didYouMean } from '../../base/did-you-mean.ts'
import { DlpError } from '../../base/error.ts'
import { type PrintableText, printableLines, paragraphs, print, printJson } from '../output.ts'
import { facts } from '../print/table.ts'

export const opsCommand: CommandModule<object, { operator?: string; json: boolean }> = {
  command: 'ops [operator]',
  describe: 'List the supported operators of ONNX, their constraints, and which of them the machine executes',
  builder: (yargs) =>
    yargs
      .positional('operator', { type: 'string', describe: 'show only this operator' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ operator, json }) => {
    const { operatorList, supports } = await import('../../compiler/operator-list.ts')
    const all = operatorList()
    const chosen =
      operator === undefined ? all : all.filter(({ name }) => name.toLowerCase() === operator.toLowerCase())
    if (chosen.length === 0)
      throw new DlpError({
        what: `operator '${operator}' is not supported`,
        allowed: all.map(({ name }) => name).join(', '),
        help:
          didYouMean(
            operator ?? '',
            all.map(({ name }) => name),
          ) ?? 'express the model with these operators, or remove this part and run it outside of the model',
      })
    if (json) return printJson({ supports, operators: chosen })
    print(paragraphs(facts(Object.entries(supports)), ...chosen.map(described)))
  },
}

function described(entry: OperatorEntry): PrintableText {
  const { name, support, summary, constraints, loweringConstraints, refusal, passes, interface: atInterface } = entry
  return printableLines([
    `${name} (${support}): ${summary}`,
    ...constraints.map((constraint) => `  - ${constraint}`),
    ...loweringConstraints.map((constraint) => `  - in a layer: ${constraint}`),
    ...(passes.length > 0 ? [`  - rewritten together with others by ${passes.join(', ')}`] : []),
    ...(refusal === undefined ? [] : [`  - has no layer of its own: ${refusal}`]),
    ...(atInterface === undefined ? [] : [`  - at the interface of a graph: ${atInterface}`]),
  ])
}
