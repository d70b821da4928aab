// Reads CIFAR-10 from archives of JPEGs as normalised input tensors.

import { readFile } from 'node:fs/promises'
import { unpackTar } from 'modern-tar'
import { decodePicture } from '../../toolchain/files/image.ts'
import { dataFile } from './data.ts'

export type Split = 'train' | 'test'

/** One picture of the archive; `label` is the index of its class among the names in alphabetical order. */
export interface DatasetPicture {
  readonly path: string
  readonly className: string
  readonly label: number
  readonly jpeg: Uint8Array
}

/** One picture as an input tensor: [3, 32, 32], (pixel / 255 − mean) / standard deviation. */
export interface LabelledTensor {
  readonly path: string
  readonly label: number
  readonly data: Float32Array
}

export interface CifarOptions {
  /** Pictures of each class; absent: all. */
  readonly perClass?: number
  /** Pictures of each class that are skipped. */
  readonly skip?: number
  readonly mean?: readonly number[]
  readonly standardDeviation?: readonly number[]
}

/** The means and deviations of red, green and blue with which the CIFAR ResNets were trained. */
const imageNetMean = [0.485, 0.456, 0.406]
const imageNetDeviation = [0.229, 0.224, 0.225]

const archiveName = (split: Split): readonly string[] => ['data', 'cifar10', `${split}.tar`]

/** Whether the archive is available; tests that need it are reported as skipped otherwise. */
export function hasCifar(split: Split): boolean {
  return dataFile(...archiveName(split)) !== undefined
}

/** The archive's pictures, still compressed, sorted by path. */
export async function cifarSamples(split: Split): Promise<readonly DatasetPicture[]> {
  const archive = dataFile(...archiveName(split))
  if (archive === undefined) throw new Error(`${archiveName(split).join('/')} is not in the data folder (DLP_DATA)`)
  const pattern = new RegExp(`^${split}/([a-z]+)/\\d+\\.jpg$`)
  const entries = await unpackTar(await readFile(archive), { filter: ({ name }) => pattern.test(name) })
  const found = entries.map(({ header, data }) => ({
    path: header.name,
    className: pattern.exec(header.name)?.[1] ?? '',
    jpeg: data ?? new Uint8Array(),
  }))
  const classes = [...new Set(found.map(({ className }) => className))].sort()
  const labelled = found.map((sample) => ({ ...sample, label: classes.indexOf(sample.className) }))
  return labelled.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Decoded, normalised pictures: of every class those from `skip` on, `perClass` of them, class after class. */
export async function loadCifar(split: Split, options: CifarOptions = {}): Promise<readonly LabelledTensor[]> {
  const { perClass = Infinity, skip = 0, mean = imageNetMean, standardDeviation = imageNetDeviation } = options
  const seen = new Map<number, number>()
  const chosen = (await cifarSamples(split)).filter(({ label }) => {
    const index = seen.get(label) ?? 0
    seen.set(label, index + 1)
    return index >= skip && index < skip + perClass
  })
  const tensors: LabelledTensor[] = []
  for (const { path, label, jpeg } of chosen) {
    const { shape, data } = await decodePicture(jpeg, path)
    const pixels = shape[1] * shape[2]
    const normalised = Float32Array.from(data, (value, i) => {
      const channel = Math.floor(i / pixels)
      return (value / 255 - mean[channel]!) / standardDeviation[channel]!
    })
    tensors.push({ path, label, data: normalised })
  }
  return tensors
}
