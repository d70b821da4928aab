// dlp inspect: what a program file holds, without running it.

import type { CommandModule } from 'yargs'
import { readProgram, readSections } from '../../isa/container/read.ts'
import type { SectionPlace } from '../../isa/container/read.ts'
import type { ProgramSummary } from '../../isa/container/summary.ts'
import { summarise } from '../../isa/container/summary.ts'
import { preprocessingFacts } from '../../isa/preprocessing.ts'
import { layerTitle } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import { readFile } from '../io/read-file.ts'
import { byteSize, facts, percent, table, whole } from '../table.ts'
import { type Block, paragraphs, print, printJson } from '../output.ts'

export const inspectCommand: CommandModule<object, { program: string; json: boolean }> = {
  command: 'inspect <program>',
  describe: 'Show sections, layers, instructions, density and memory use of a program file',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'a .dlp file' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ program: path, json }) => {
    const bytes = await readFile(path, 2 ** 31)
    const program = readProgram(bytes, path)
    const sections = readSections(bytes, path)
    const summary = summarise(program)
    const { name, machine, versions, entry, weightsIn, inputs, outputs, layers } = program
    if (json) {
      const described = layers.map((layer) => ({ ...layer, density: densityOf(layer) }))
      printJson({
        name,
        machine,
        versions,
        bytes: bytes.length,
        sections,
        entry,
        weightsIn,
        ...(program.classes === undefined ? {} : { classes: program.classes }),
        inputs,
        outputs,
        ...summary,
        layers: described,
      })
      return
    }
    print(report(program, summary, sections, bytes.length))
  },
}

/** What is done to pictures, where the program says anything of it. */
function pictureFacts({ inputs }: Program): (readonly [string, string])[] {
  const preprocessing = inputs[0]?.preprocessing
  if (preprocessing === undefined) return []
  return [['pictures', preprocessingFacts(preprocessing).map(([name, value]) => `${name} ${value}`).join('; ')]] // prettier-ignore
}

const densityOf = ({ nonZeros, weights }: { readonly nonZeros: number; readonly weights: number }): number =>
  weights === 0 ? 1 : nonZeros / weights

function report(
  program: Program,
  summary: ProgramSummary,
  sections: readonly SectionPlace[],
  fileBytes: number,
): Block {
  const { name, machine, versions, weightsIn, inputs, outputs, layers } = program
  const tensors = [...inputs, ...outputs].map(
    (tensor) =>
      [
        tensor.region,
        `'${tensor.name}' [${tensor.shape.join(', ')}], ${tensor.bits} bits, ${byteSize(tensor.bytes)}`,
      ] as const,
  )
  return paragraphs(
    facts([
      ['program', `'${name}', ${byteSize(fileBytes)}`],
      ['machine', `'${machine.name}', weights ${weightsIn}`],
      ['needs', `ISA version ${versions.isa} or later, timing version ${versions.timing}`],
      ...tensors,
      ...pictureFacts(program),
      ...(program.classes === undefined ? [] : [['classes', `${whole(program.classes.length)} names`] as const]),
      ['weights', `${whole(summary.nonZeros)} non-zero of ${whole(summary.weights)} (${percent(summary.density)})`],
      [
        'weight stream',
        `${whole(summary.beats)} beats (bound ${whole(summary.boundBeats)}), ${summary.bitsPerNonZero.toFixed(1)} bits per non-zero`,
      ],
      ['useful MACs', whole(summary.usefulMacs)],
    ]),
    table(
      ['section', '>offset', '>bytes', '>CRC-32'],
      sections.map((each) => [
        each.name,
        whole(each.offset),
        whole(each.length),
        each.checksum.toString(16).padStart(8, '0'),
      ]),
    ),
    table(
      ['layer', 'kind', 'shape', '>density', '>beats', '>bound', '>useful MACs'],
      layers.map((layer) => [
        layerTitle(layer),
        layer.kind,
        layer.shape.join('×'),
        layer.weights === 0 ? '–' : percent(densityOf(layer)),
        whole(layer.beats),
        whole(layer.boundBeats),
        whole(layer.usefulMacs),
      ]),
    ),
    table(
      ['instruction', '>count', '>DRAM bytes'],
      Object.entries(summary.instructionMix).map(([op, count]) => [
        op,
        whole(count),
        Object.hasOwn(summary.dramBytes, op) ? whole(summary.dramBytes[op]!) : '–',
      ]),
    ),
    table(
      ['memory', '>used', '>of', 'unit', '>share'],
      summary.memories.map(({ memory, used, size, unit }) => [
        memory,
        whole(used),
        whole(size),
        unit,
        percent(used / size),
      ]),
    ),
  )
}
