// What a program file holds for people: facts, sections, layers, instructions, memories.

import { preprocessingFacts } from '../../isa/preprocessing.ts'
import { layerTitle } from '../../isa/program.ts'
import type { Inspection } from '../../toolchain/models/inspect-program.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'

export function inspectionText(found: Inspection): PrintableText {
  const { name, machine, versions, weightsIn, inputs, outputs, layers, sections } = found
  const tensors = [...inputs, ...outputs].map(
    (tensor) =>
      [
        tensor.region,
        `'${tensor.name}' [${tensor.shape.join(', ')}], ${tensor.bits} bits, ${byteSize(tensor.bytes)}`,
      ] as const,
  )
  return paragraphs(
    facts([
      ['program', `'${name}', ${byteSize(found.bytes)}`],
      ['machine', `'${machine.name}', weights ${weightsIn}`],
      ['needs', `ISA version ${versions.isa} or later, timing version ${versions.timing}`],
      ...tensors,
      ...pictureFacts(found),
      ...(found.classes === undefined ? [] : [['classes', `${whole(found.classes.length)} names`] as const]),
      ['weights', `${whole(found.nonZeros)} non-zero of ${whole(found.weights)} (${percent(found.density)})`],
      [
        'weight stream',
        `${whole(found.beats)} beats (bound ${whole(found.boundBeats)}), ${found.bitsPerNonZero.toFixed(1)} bits per non-zero`,
      ],
      ['useful MACs', whole(found.usefulMacs)],
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
        layer.weights === 0 ? '–' : percent(layer.density),
        whole(layer.beats),
        whole(layer.boundBeats),
        whole(layer.usefulMacs),
      ]),
    ),
    table(
      ['instruction', '>count', '>DRAM bytes'],
      Object.entries(found.instructionMix).map(([op, count]) => [
        op,
        whole(count),
        Object.hasOwn(found.dramBytes, op) ? whole(found.dramBytes[op]!) : '–',
      ]),
    ),
    table(
      ['memory', '>used', '>of', 'unit', '>share'],
      found.memories.map(({ memory, used, size, unit }) => [
        memory,
        whole(used),
        whole(size),
        unit,
        percent(used / size),
      ]),
    ),
  )
}

/** What is done to pictures, where the program says anything of it. */
function pictureFacts({ inputs }: Inspection): (readonly [string, string])[] {
  const preprocessing = inputs[0]?.preprocessing
  if (preprocessing === undefined) return []
  return [
    [
      'pictures',
      preprocessingFacts(preprocessing)
        .map(([name, value]) => `${name} ${value}`)
        .join('; '),
    ],
  ]
}
