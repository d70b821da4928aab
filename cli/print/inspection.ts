// The text of a program file's contents: totals, sections, layers, instructions, memories.

import { preprocessingFacts } from '../../isa/preprocessing.ts'
import { layerTitle } from '../../isa/program.ts'
import type { Inspection } from '../../toolchain/models/inspect-program.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'

export function inspectionText(found: Inspection): PrintableText {
  return paragraphs(
    totalsText(found),
    sectionsText(found),
    layersText(found),
    instructionsText(found),
    memoriesText(found),
  )
}

function totalsText(found: Inspection): PrintableText {
  const { name, machine, versions, weightsIn, inputs, outputs, classes } = found
  const tensors = [...inputs, ...outputs].map(
    (tensor) =>
      [
        tensor.region,
        `'${tensor.name}' [${tensor.shape.join(', ')}], ${tensor.bits} bits, ${byteSize(tensor.bytes)}`,
      ] as const,
  )
  return facts([
    ['program', `'${name}', ${byteSize(found.bytes)}`],
    ['machine', `'${machine.name}', weights ${weightsIn}`],
    ['needs', `ISA version ${versions.isa} or later, timing version ${versions.timing}`],
    ...tensors,
    ...pictureFacts(found),
    ...(classes === undefined ? [] : [['classes', `${whole(classes.length)} names`] as const]),
    ['weights', `${whole(found.nonZeros)} non-zero of ${whole(found.weights)} (${percent(found.density)})`],
    [
      'weight stream',
      `${whole(found.beats)} beats (bound ${whole(found.boundBeats)}), ${found.bitsPerNonZero.toFixed(1)} bits per non-zero`,
    ],
    ['useful MACs', whole(found.usefulMacs)],
  ])
}

/** The preprocessing of pictures, where the program states any. */
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

function sectionsText({ sections }: Inspection): PrintableText {
  return table(
    ['section', '>offset', '>bytes', '>CRC-32'],
    sections.map(({ name, offset, length, checksum }) => [
      name,
      whole(offset),
      whole(length),
      checksum.toString(16).padStart(8, '0'),
    ]),
  )
}

function layersText({ layers }: Inspection): PrintableText {
  return table(
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
  )
}

function instructionsText({ instructionMix, dramBytes }: Inspection): PrintableText {
  return table(
    ['instruction', '>count', '>DRAM bytes'],
    Object.entries(instructionMix).map(([op, count]) => [
      op,
      whole(count),
      Object.hasOwn(dramBytes, op) ? whole(dramBytes[op]!) : '–',
    ]),
  )
}

function memoriesText({ memories }: Inspection): PrintableText {
  return table(
    ['memory', '>used', '>of', 'unit', '>share'],
    memories.map(({ memory, used, size, unit }) => [memory, whole(used), whole(size), unit, percent(used / size)]),
  )
}
