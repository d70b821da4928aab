// Pictures as arrays: PNG, JPEG and WebP to RGB bytes, resized and cropped on request.

import { DlpError } from '../../isa/error.ts'

/** RGB bytes, row-major, of `shape` [3, height, width] or [height, width, 3]. */
export interface Picture {
  readonly shape: readonly [number, number, number]
  readonly data: Uint8Array
}

export interface PictureOptions {
  /** Order of the axes; `chw` if not given, as ONNX models take it. */
  readonly layout?: 'chw' | 'hwc'
  /** Pixels that the shorter side gets before cropping; the other side follows in proportion. */
  readonly shorterSide?: number
  /** Pixels of the centre that stay. */
  readonly crop?: { readonly height: number; readonly width: number }
}

const formats = ['png', 'jpeg', 'webp']
const maximumPixels = 2 ** 26
const maximumSide = 16_384

/**
 * Decodes a picture, turned as its camera noted, without its alpha channel; grey becomes RGB.
 * @param where names the file in messages
 * @throws DlpError for anything but a whole PNG, JPEG or WebP of at most 2^26 pixels, or a crop larger than the picture
 */
export async function decodePicture(bytes: Uint8Array, where: string, options: PictureOptions = {}): Promise<Picture> {
  const refuse = (error: unknown): never => {
    const what = `is not a readable picture: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
    throw new DlpError({ what, where, allowed: 'PNG, JPEG or WebP' })
  }
  if (bytes.length === 0) refuse('it is empty')
  // Loaded with the first picture: it takes longer to load than most commands to run.
  const { default: sharp } = await import('sharp')
  const opened = sharp(bytes, { limitInputPixels: maximumPixels, failOn: 'truncated' })
  const metadata = await opened.metadata().catch(refuse)
  if (!formats.includes(metadata.format)) {
    throw new DlpError({ what: `is a picture of format ${metadata.format}`, where, allowed: 'PNG, JPEG or WebP' })
  }
  const { width, height } = resized(metadata.autoOrient, options.shorterSide, where)
  let pipeline = opened.autoOrient().removeAlpha().toColourspace('srgb')
  // A triangle filter over the source's pixels, as PIL and torchvision resize by default.
  pipeline = pipeline.resize(width, height, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
  const crop = options.crop ?? { height, width }
  if (crop.height > height || crop.width > width) {
    const what = `has ${width}×${height} pixels, fewer than the crop of ${crop.width}×${crop.height}`
    throw new DlpError({ what, where, help: 'give a larger shorter side' })
  }
  pipeline = pipeline.extract({
    left: Math.round((width - crop.width) / 2),
    top: Math.round((height - crop.height) / 2),
    ...crop,
  })
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(refuse)
  const interleaved = toThreeChannels(data, info.channels)
  if (options.layout === 'hwc') return { shape: [crop.height, crop.width, 3], data: interleaved }
  return { shape: [3, crop.height, crop.width], data: toPlanes(interleaved) }
}

/** Sizes after the shorter side is brought to `shorterSide`; the longer one is rounded down, as torchvision does. */
function resized(
  { width, height }: { readonly width: number; readonly height: number },
  shorterSide: number | undefined,
  where: string,
): { readonly width: number; readonly height: number } {
  if (shorterSide === undefined) return { width, height }
  const shorter = Math.min(width, height)
  const scale = (side: number): number => (side === shorter ? shorterSide : Math.floor((shorterSide * side) / shorter))
  const size = { width: scale(width), height: scale(height) }
  if (!Number.isInteger(shorterSide) || shorterSide < 1 || Math.max(size.width, size.height) > maximumSide) {
    const what = `cannot be resized from ${width}×${height} to a shorter side of ${shorterSide}`
    throw new DlpError({ what, where, allowed: `sides of 1 to ${maximumSide}` })
  }
  return size
}

function toThreeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data)
  const pixels = data.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels], 3 * i, 3 * i + 3)
  return rgb
}

function toPlanes(interleaved: Uint8Array): Uint8Array {
  const pixels = interleaved.length / 3
  const planes = new Uint8Array(interleaved.length)
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++) planes[channel * pixels + i] = interleaved[3 * i + channel]
  }
  return planes
}
