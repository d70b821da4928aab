// The pictures that the proofs use: CIFAR-10 as pixels, chosen alike on every machine.

import { decodePicture } from '../../toolchain/files/image.ts'
import type { Preprocessing } from '../../isa/program.ts'
import { random } from '../../base/random.ts'
import { cifarSamples, type DatasetPicture, type Split } from '../support/dataset.ts'

/** What the CIFAR ResNets were trained with: means and deviations of red, green and blue. */
export const preprocessing: Preprocessing = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** One picture; `label` counts the classes' names in alphabetical order. */
export interface CifarPicture {
  readonly label: number
  /** [3, 32, 32] */
  readonly pixels: Uint8Array
}

/** The first pictures of each class, class after class. */
export async function firstOfEachClass(split: Split, perClass: number): Promise<CifarPicture[]> {
  return decoded(byClass(await cifarSamples(split)).flatMap((samples) => samples.slice(0, perClass)))
}

/** `count` pictures, drawn with a seed and spread over the classes as evenly as they go: 256 are six times 26, four times 25. */
export async function evenChoice(split: Split, count: number, seed: number): Promise<CifarPicture[]> {
  const draw = random(seed)
  const classes = byClass(await cifarSamples(split))
  const chosen = classes.flatMap((samples, label) => {
    const share = Math.floor(count / classes.length) + (label < count % classes.length ? 1 : 0)
    return drawn(samples, share, draw)
  })
  return decoded(chosen)
}

function byClass(samples: readonly DatasetPicture[]): DatasetPicture[][] {
  const classes: DatasetPicture[][] = []
  for (const sample of samples) (classes[sample.label] ??= []).push(sample)
  return classes
}

/** `count` different ones, in the order of their drawing. */
function drawn<T>(from: readonly T[], count: number, draw: () => number): T[] {
  const rest = [...from]
  return Array.from({ length: count }, () => rest.splice(Math.floor(draw() * rest.length), 1)[0]!)
}

async function decoded(samples: readonly DatasetPicture[]): Promise<CifarPicture[]> {
  const pictures: CifarPicture[] = []
  for (const { label, jpeg, path } of samples) pictures.push({ label, pixels: (await decodePicture(jpeg, path)).data })
  return pictures
}
