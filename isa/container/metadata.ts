// The metadata section: everything of a program that is neither machine, instruction nor constant, as canonical JSON.

import { DlpError } from '../../base/error.ts'
import { mostRegionBytes } from '../instructions.ts'
import { mostPictureSide } from '../preprocessing.ts'
import {
  codeTypes,
  layerKinds,
  mostAxes,
  mostClasses,
  mostClassNameLength,
  mostImagesPerRun,
  mostInputSteps,
} from '../program.ts'
import type { Arrangement, InputStep, LayerRecord, Preprocessing, Program, TensorDescriptor } from '../program.ts'
import { parseJson } from '../../base/json.ts'
import { list, number, optional, pair, rawText, record, text, triple, truth, whole, word } from './schema.ts'

export type Metadata = Omit<Program, 'machine' | 'versions' | 'instructions' | 'constants'>

const name = text(1024)
const count = whole(0, Number.MAX_SAFE_INTEGER)
const instructionIndex = whole(0, 65536)
const image = whole(0, mostImagesPerRun - 1)
const positive = number(Number.MIN_VALUE, Number.MAX_VALUE)

const pictureSide = whole(1, mostPictureSide)

const preprocessing = record<Preprocessing>({
  mean: optional(list(number(-1e9, 1e9), 1, 4095)),
  std: optional(list(positive, 1, 4095)),
  resize: optional(list(pictureSide, 1, 2)),
  crop: optional(pair(pictureSide)),
  channelOrder: optional(word('rgb', 'bgr')),
})

const float = number(-3.5e38, 3.5e38)

const inputStep = record<InputStep>({ op: word('add', 'sub', 'mul', 'div'), by: list(float, 1, 4095) })

const extents = list(whole(1, 2 ** 28), 1, mostAxes)

const arrangement = record<Arrangement>({
  split: extents,
  order: list(whole(0, mostAxes - 1), 1, mostAxes),
  shape: extents,
})

const tensor = record<TensorDescriptor>({
  name,
  region: word('input', 'output'),
  offset: whole(0, mostRegionBytes),
  bytes: whole(0, mostRegionBytes),
  shape: list(whole(1, 2 ** 20), 1, 3),
  layout: word('map', 'logits'),
  bits: whole(4, 32),
  signed: truth,
  patch: pair(whole(0, 255)),
  spaceToDepth: whole(0, 16),
  storedChannels: whole(0, 4095),
  scale: list(positive, 1, 2 ** 20),
  zeroPoint: whole(-128, 255),
  preprocessing: optional(preprocessing),
  elementType: optional(word(...codeTypes)),
  steps: optional(list(inputStep, 1, mostInputSteps)),
  arrangement: optional(arrangement),
  image: optional(image),
})

const layer = record<LayerRecord>({
  name,
  kind: word(...layerKinds),
  first: instructionIndex,
  end: instructionIndex,
  shape: triple(whole(1, 2 ** 20)),
  usefulMacs: count,
  nonZeros: count,
  weights: count,
  boundBeats: count,
  beats: count,
  image: optional(image),
})

const metadata = record<Metadata>({
  name,
  entry: record({ init: instructionIndex, infer: instructionIndex }),
  inputs: list(tensor, 0, mostImagesPerRun),
  outputs: list(tensor, 0, mostImagesPerRun),
  layers: list(layer, 0, 65536),
  weightsIn: word('resident', 'streamed'),
  scratchBytes: whole(0, mostRegionBytes),
  classes: optional(list(rawText(mostClassNameLength), 1, mostClasses)),
})

/** The canonical text of a program's metadata. @throws DlpError naming the field that does not fit. */
export function metadataText({
  machine: _machine,
  versions: _versions,
  instructions: _instructions,
  constants: _constants,
  ...rest
}: Program): string {
  return JSON.stringify(metadata(rest, 'program'))
}

/** The metadata of a text. @throws DlpError unless it is the canonical text of some metadata. */
export function parseMetadata(found: string, where: string): Metadata {
  const value = metadata(parseJson(found, where), where)
  if (JSON.stringify(value) !== found)
    throw new DlpError({
      what: 'is not written canonically',
      where,
      allowed: 'JSON as dlp writes it: fixed order, no spaces',
    })
  return value
}
