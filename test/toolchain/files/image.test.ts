// Pictures: the right bytes in the right order, resized and cropped as requested; anything else is refused.

import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodePicture } from '../../../toolchain/files/image.ts'
import { DlpError } from '../../../base/error.ts'

/** A picture of `width` × `height` whose red is its column, green its row and blue 7. */
function gradient(width: number, height: number): Sharp {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 7], 3 * (y * width + x))
  return sharp(data, { raw: { width, height, channels: 3 } })
}

describe('a picture', () => {
  test('is planes of red, green and blue, or interleaved on request', async () => {
    const png = await gradient(3, 2).png().toBuffer()
    const planes = [0, 1, 2, 0, 1, 2, 0, 0, 0, 1, 1, 1, 7, 7, 7, 7, 7, 7]
    expect(await decodePicture(png, 'a.png')).toMatchObject({ shape: [3, 2, 3], data: Uint8Array.from(planes) })
    const interleaved = [0, 0, 7, 1, 0, 7, 2, 0, 7, 0, 1, 7, 1, 1, 7, 2, 1, 7]
    const expected = { shape: [2, 3, 3], data: Uint8Array.from(interleaved), own: [2, 3], hadAlpha: false }
    expect(await decodePicture(png, 'a.png', { layout: 'hwc' })).toEqual(expected)
  })

  test('loses its alpha, and grey becomes three equal planes', async () => {
    const clear = await gradient(3, 2).ensureAlpha(0.5).png().toBuffer()
    expect((await decodePicture(clear, 'a.png')).data).toEqual(
      (await decodePicture(await gradient(3, 2).png().toBuffer(), 'b')).data,
    )
    const grey = await sharp(Uint8Array.of(5, 9), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    const { shape, data } = await decodePicture(grey, 'a.png')
    expect([shape, data]).toEqual([[3, 1, 2], Uint8Array.of(5, 9, 5, 9, 5, 9)])
  })

  test.each(['jpeg', 'webp'] as const)('of %s is decoded close to the original', async (format) => {
    const bytes = await gradient(64, 48)[format]({ quality: 95 }).toBuffer()
    const { shape, data } = await decodePicture(bytes, 'a')
    expect(shape).toEqual([3, 48, 64])
    const original = (await decodePicture(await gradient(64, 48).png().toBuffer(), 'b')).data
    const error = data.reduce((sum, value, i) => sum + Math.abs(value - original[i]!), 0) / data.length
    expect(error).toBeLessThan(3)
  })

  test('is rotated as its metadata state', async () => {
    const bytes = await gradient(3, 2).withMetadata({ orientation: 6 }).png().toBuffer()
    const { shape, data } = await decodePicture(bytes, 'a')
    expect(shape).toEqual([3, 3, 2])
    // A quarter turn clockwise: the first row is the first column from below.
    expect([...data.subarray(6, 8)]).toEqual([1, 0])
  })

  test('is resized to its shorter side, then cropped to the centre', async () => {
    const png = await gradient(200, 100).png().toBuffer()
    const resized = await decodePicture(png, 'a', { resize: [50] })
    expect(resized.shape).toEqual([3, 50, 100])
    // Each pixel is a mean of about two columns: red grows by two a column.
    expect(resized.data[60]! - resized.data[40]!).toBe(40)
    const cropped = await decodePicture(png, 'a', { crop: { height: 10, width: 20 } })
    expect(cropped.shape).toEqual([3, 10, 20])
    expect([cropped.data[0], cropped.data[19], cropped.data[200]]).toEqual([90, 109, 45])
  })

  test('smaller than its crop is refused', async () => {
    const png = await gradient(8, 8).png().toBuffer()
    await expect(decodePicture(png, 'a.png', { crop: { height: 9, width: 8 } })).rejects.toThrow(
      'a.png: has 8×8 pixels, fewer than the crop of 8×9',
    )
    await expect(decodePicture(png, 'a.png', { resize: [0] })).rejects.toBeInstanceOf(DlpError)
  })

  test('of another format, cut short, or not a picture is refused', async () => {
    const png = await gradient(64, 64).png().toBuffer()
    const gif = await gradient(4, 4).gif().toBuffer()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')
    for (const bytes of [gif, svg, png.subarray(0, png.length / 2), Buffer.from('abc'), Buffer.alloc(0)]) {
      await expect(decodePicture(bytes, 'a')).rejects.toBeInstanceOf(DlpError)
    }
  })

  test('of too many pixels is refused before it is decoded', async () => {
    const large = sharp({ create: { width: 9000, height: 9000, channels: 3, background: 'white' } })
    const png = await large.png({ compressionLevel: 1 }).toBuffer()
    await expect(decodePicture(png, 'a.png')).rejects.toThrow(/pixel limit/)
  })
})
