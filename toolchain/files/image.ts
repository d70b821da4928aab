// Decodes pictures to arrays: PNG, JPEG and WebP to RGB or grey bytes, resized and cropped on request.

import { DlpError } from '../../base/error.ts'
import { roundHalfEven } from '../../isa/numerics.ts'
import { mostPictureSide } from '../../isa/preprocessing.ts'
import { resample, type PixelRows } from './resample.ts'

/** Bytes, row-major, of `shape` [channels, height, width] or [height, width, channels]. */
export interface Picture {
  readonly shape: readonly [number, number, number]
  readonly data: Uint8Array
  /** [height, width] of the file, after the rotation that its metadata state */
  readonly own: readonly [number, number]
  /** whether it had transparency, which was removed */
  readonly hadAlpha: boolean
}

export interface PictureOptions {
  /** Order of the axes; `chw` if not given, as in most ONNX models. */
  readonly layout?: 'chw' | 'hwc'
  /** One channel instead of three: luma as PIL computes it, before resizing. */
  readonly grey?: boolean
  /** [pixels of the shorter side], the other in proportion, or [height, width]; before cropping. A function may choose by the picture's own [height, width]. */
  readonly resize?: readonly number[] | ((own: readonly [number, number]) => readonly number[] | undefined)
  /** Size of the centre that is kept. */
  readonly crop?: { readonly height: number; readonly width: number }
}

const formats = ['png', 'jpeg', 'webp']
const maximumPixels = 2 ** 26

/**
 * Decodes a picture, rotated as its metadata state, without its alpha channel; grey becomes RGB. Sizes, positions and values are those of PIL and torchvision.
 * @param where names the file in messages
 * @throws DlpError for anything but a whole PNG, JPEG or WebP of at most 2^26 pixels, a crop larger than the picture, or one so narrow and high
 *   that resizing it would need more than 2^26 pixels in between
 */
export async function decodePicture(bytes: Uint8Array, where: string, options: PictureOptions = {}): Promise<Picture> {
  const { pixels, hadAlpha } = await decodeWhole(bytes, where)
  const source = options.grey === true ? luma(pixels) : pixels
  const { resize } = options
  const requested = typeof resize === 'function' ? resize([pixels.height, pixels.width]) : resize
  const size = requested === undefined ? pixels : resizedTo(pixels, requested, where)
  const crop = options.crop ?? { height: size.height, width: size.width }
  if (crop.height > size.height || crop.width > size.width) {
    const what = `has ${size.width}×${size.height} pixels, fewer than the crop of ${crop.width}×${crop.height}`
    throw new DlpError({ what, where, help: 'resize it to more' })
  }
  // Rows are resized before columns: in between the picture has its own height and the new width.
  if (source.height * crop.width > maximumPixels)
    throw new DlpError({
      what: `has ${source.width}×${source.height} pixels, too high to be resized to a width of ${crop.width}`,
      where,
      allowed: `at most ${Math.floor(maximumPixels / crop.width)} rows`,
    })
  const top = roundHalfEven((size.height - crop.height) / 2)
  const left = roundHalfEven((size.width - crop.width) / 2)
  const isWhole = size === pixels && crop.height === size.height && crop.width === size.width
  const { data, channels } = isWhole ? source : resample(source, size, { top, left, ...crop })
  const common = { own: [pixels.height, pixels.width] as const, hadAlpha }
  if (options.layout === 'hwc') return { ...common, shape: [crop.height, crop.width, channels], data }
  return { ...common, shape: [channels, crop.height, crop.width], data: toPlanes(data, channels) }
}

/** The whole picture as three interleaved channels. */
async function decodeWhole(bytes: Uint8Array, where: string): Promise<{ pixels: PixelRows; hadAlpha: boolean }> {
  const refuse = (error: unknown): never => {
    const what = `is not a readable picture: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
    throw new DlpError({ what, where, allowed: 'PNG, JPEG or WebP' })
  }
  if (bytes.length === 0) refuse('it is empty')
  // Loaded with the first picture, since loading it takes longer than most commands run.
  const { default: sharp } = await import('sharp')
  const opened = sharp(bytes, { limitInputPixels: maximumPixels, failOn: 'truncated' })
  const metadata = await opened.metadata().catch(refuse)
  if (!formats.includes(metadata.format)) {
    throw new DlpError({ what: `is a picture of format ${metadata.format}`, where, allowed: 'PNG, JPEG or WebP' })
  }
  const pipeline = opened.autoOrient().removeAlpha().toColourspace('srgb')
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(refuse)
  const { width, height } = info
  return {
    pixels: { width, height, channels: 3, data: toThreeChannels(data, info.channels) },
    hadAlpha: metadata.hasAlpha,
  }
}

/** The size to which a picture is resized. Where only the shorter side is given, the longer one is in proportion, rounded down as in torchvision. */
function resizedTo(
  { width, height }: PixelRows,
  resize: readonly number[],
  where: string,
): { readonly width: number; readonly height: number } {
  const shorter = Math.min(width, height)
  const [first, second] = resize as [number, number?]
  const scale = (side: number): number => (side === shorter ? first : Math.floor((first * side) / shorter))
  const size = second === undefined ? { width: scale(width), height: scale(height) } : { width: second, height: first }
  const isWhole = resize.every((side) => Number.isInteger(side) && side >= 1)
  if (!isWhole || Math.max(size.width, size.height) > mostPictureSide) {
    const to = second === undefined ? `a shorter side of ${first}` : `${second}×${first}`
    const what = `cannot be resized from ${width}×${height} to ${to}`
    throw new DlpError({ what, where, allowed: `sides of 1 to ${mostPictureSide}` })
  }
  return size
}

/** Rec. 601 luma in whole numbers, as PIL's `convert('L')`. */
function luma({ width, height, data }: PixelRows): PixelRows {
  const grey = Uint8Array.from(
    { length: width * height },
    (_, at) => (19595 * data[3 * at]! + 38470 * data[3 * at + 1]! + 7471 * data[3 * at + 2]! + 32768) >> 16,
  )
  return { width, height, channels: 1, data: grey }
}

function toThreeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data)
  const pixels = data.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels]!, 3 * i, 3 * i + 3)
  return rgb
}

function toPlanes(interleaved: Uint8Array, channels: number): Uint8Array {
  const pixels = interleaved.length / channels
  const planes = new Uint8Array(interleaved.length)
  for (let i = 0; i < pixels; i++)
    for (let channel = 0; channel < channels; channel++)
      planes[channel * pixels + i] = interleaved[channels * i + channel]!
  return planes
}
