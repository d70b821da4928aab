// Reads inputs from files: arrays and pictures as data of the model's input shape.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DlpError } from '../../base/error.ts'
import type { InputData } from '../../host/images.ts'
import { inOwnOrder } from '../../isa/packing.ts'
import type { Arrangement, Preprocessing } from '../../isa/program.ts'
import { decodePicture } from '../files/image.ts'
import { isNpy, readNpy } from '../files/npy.ts'
import type { NpyArray } from '../files/npy.ts'
import { readFile } from '../files/read-file.ts'
import { reasonOf } from '../files/reasons.ts'
import { standardInput } from '../files/standard-input.ts'

export type Shape = readonly [channels: number, height: number, width: number]

/** How inputs are read. */
export interface InputReading {
  /** already checked; absent: none is given */
  readonly preprocessing?: Preprocessing | undefined
  /** the model's own order of axes, where it is not [channels, height, width]; arrays may be in either order */
  readonly arrangement?: Arrangement | undefined
  readonly onNote?: OnNote
}

const pictureName = /\.(png|jpe?g|webp)$/i
const pictureBytes = 2 ** 26

export const isPicture = (path: string): boolean => pictureName.test(path)

/** Whether a file is a picture: by its name; for standard input, which has no name, by its bytes. */
const holdsPicture = (path: string, bytes: Uint8Array): boolean =>
  path === standardInput ? !isNpy(bytes) : isPicture(path)

/**
 * One input from a .npy file [channels, height, width] (with an optional leading 1) or a picture, scaled until its shorter side
 * covers the input, then cropped to its centre. Floats are real values; bytes are pixels; with `codes` whole numbers are codes.
 * @throws DlpError when the file cannot be read or does not fit
 */
export async function readInput(
  path: string,
  shape: Shape,
  codes: boolean,
  { preprocessing, arrangement, onNote }: InputReading = {},
): Promise<InputData> {
  const bytes = await readFile(path, isPicture(path) ? pictureBytes : undefined)
  if (holdsPicture(path, bytes))
    return { kind: 'pixels', data: await readPicture(bytes, path, shape, preprocessing, onNote) }
  const array = readNpy(bytes, path)
  const own = array.shape.length === 4 && array.shape[0] === 1 ? array.shape.slice(1) : array.shape
  const order = orderOf(own, shape, arrangement)
  if (order === undefined) {
    const what = `is an array of shape [${array.shape.join(', ')}]`
    throw new DlpError({ what, where: path, allowed: shapesOf(shape, arrangement, '') })
  }
  return order.inOwn(interpret(array, path, codes))
}

/** The conversion of an array to [channels, height, width]; undefined for an array of another shape. */
function orderOf(own: readonly number[], shape: Shape, arrangement: Arrangement | undefined) {
  // A shape that fits both orders counts as the model's, as in ONNX Runtime.
  if (own.join() === arrangement?.shape.join())
    return {
      inOwn: ({ kind, data }: InputData): InputData => ({ kind, data: inOwnOrder(data as Float32Array, arrangement) }),
    }
  return own.join() === shape.join() ? { inOwn: (data: InputData): InputData => data } : undefined
}

function shapesOf(shape: Shape, arrangement: Arrangement | undefined, count: string): string {
  const shapes = arrangement === undefined ? [shape] : [shape, arrangement.shape]
  return shapes.map((each) => `[${count}${each.join(', ')}]`).join(', or in the model’s own order ')
}

/**
 * Every picture of a folder in order of name, or the elements of a .npy file [count, channels, height, width].
 * @param most greatest number of inputs
 * @param codes whole numbers are codes
 * @throws DlpError when there is none, or one cannot be read or does not fit
 */
export async function readInputs(
  path: string,
  shape: Shape,
  most: number,
  codes = false,
  reading: InputReading = {},
): Promise<InputData[]> {
  if (path.endsWith('.npy') || path === standardInput) {
    const array = readNpy(await readFile(path), path)
    const order = orderOf(array.shape.slice(1), shape, reading.arrangement)
    if (order === undefined || array.shape[0] === 0) {
      const what = `is an array of shape [${array.shape.join(', ')}]`
      throw new DlpError({ what, where: path, allowed: shapesOf(shape, reading.arrangement, 'count, ') })
    }
    const { kind, data } = interpret(array, path, codes)
    const size = shape[0] * shape[1] * shape[2]
    const count = Math.min(most, array.shape[0]!)
    const numbers = data as Float32Array
    return Array.from({ length: count }, (_, index) =>
      order.inOwn({ kind, data: numbers.subarray(index * size, (index + 1) * size) }),
    )
  }
  const names = await readdir(path).catch((error: unknown) => {
    throw new DlpError({
      what: `cannot be read: ${reasonOf(error)}`,
      where: path,
      allowed: 'a folder of pictures, or a .npy file',
    })
  })
  const pictures = names.filter(isPicture).sort().slice(0, most)
  if (pictures.length === 0)
    throw new DlpError({ what: 'holds no picture', where: path, allowed: '.png, .jpg, .jpeg or .webp' })
  const inputs: InputData[] = []
  for (const name of pictures) inputs.push(await readInput(join(path, name), shape, false, reading))
  return inputs
}

/**
 * One image from a picture or an array, or several from a folder of pictures or an array [count, channels, height, width].
 * @throws DlpError when there is none, or one cannot be read or does not fit
 */
export async function readImages(
  path: string,
  shape: Shape,
  most: number,
  codes: boolean,
  reading: InputReading = {},
): Promise<InputData[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return readInputs(path, shape, most, codes, reading)
  if (isPicture(path)) return [await readInput(path, shape, codes, reading)]
  const bytes = await readFile(path)
  if (holdsPicture(path, bytes)) return [await readInput(path, shape, codes, reading)]
  const { shape: own } = readNpy(bytes, path)
  const { arrangement } = reading
  return own.length === 4 && own[0]! > 1
    ? readInputs(path, shape, most, codes, { arrangement })
    : [await readInput(path, shape, codes, { arrangement })]
}

function interpret({ type, data }: NpyArray, path: string, codes: boolean): InputData {
  if (data instanceof BigInt64Array)
    throw new DlpError({ what: 'holds 64-bit integers', where: path, allowed: '8 to 32 bits' })
  if (type === 'f4' || type === 'f8') {
    const at = data.findIndex((value) => !Number.isFinite(value))
    if (at >= 0)
      throw new DlpError({
        what: `element ${at} is ${data[at]}`,
        where: path,
        allowed: 'finite numbers',
        help: 'find out which step produced it: codes cannot represent it',
      })
    return { kind: 'real', data }
  }
  if (codes) return { kind: 'codes', data }
  if (type === 'u1') return { kind: 'pixels', data }
  throw new DlpError({
    what: `holds whole numbers (${type})`,
    where: path,
    allowed: 'floats, or bytes as pixels',
    help: 'give --codes if they are codes',
  })
}

/** Called when a picture is changed without a flag that requests it. */
export type OnNote = (note: PictureNote) => void
export interface PictureNote {
  readonly kind: 'resized' | 'alpha'
  readonly text: string
}

/**
 * A picture as the pixels of an input: resized, cropped and ordered by the preprocessing, which is already checked.
 *
 * @returns [channels, height, width]
 * @throws DlpError when it cannot be decoded, is smaller than the crop, or the input has neither 1 nor 3 channels
 */
export async function readPicture(
  bytes: Uint8Array,
  path: string,
  [channels, height, width]: Shape,
  { resize, channelOrder }: Preprocessing = {},
  onNote: OnNote = () => {},
): Promise<Uint8Array> {
  if (channels !== 3 && channels !== 1)
    throw new DlpError({
      what: `a picture for an input of ${channels} channels`,
      where: path,
      allowed: '3 or 1',
      help: 'give a .npy file',
    })
  const cover = (own: readonly [number, number]): readonly number[] | undefined =>
    own[0] === height && own[1] === width ? undefined : [Math.max(height, width)]
  const { data, own, hadAlpha } = await decodePicture(bytes, path, {
    grey: channels === 1,
    resize: resize ?? cover,
    crop: { height, width },
  })
  if (resize === undefined && cover(own) !== undefined)
    onNote({
      kind: 'resized',
      text: `${path} has ${own[1]}×${own[0]} pixels, the model ${width}×${height}: pictures of another size are resized to a shorter side of ${Math.max(height, width)} and cropped to the centre; give --resize for another size`,
    })
  if (hadAlpha) onNote({ kind: 'alpha', text: `${path} has transparency, which is ignored` })
  return channelOrder === 'bgr' ? reversedPlanes(data, height * width) : data
}

function reversedPlanes(data: Uint8Array, pixels: number): Uint8Array {
  const result = new Uint8Array(data.length)
  for (let plane = 0; plane < 3; plane++)
    result.set(data.subarray(plane * pixels, (plane + 1) * pixels), (2 - plane) * pixels)
  return result
}
