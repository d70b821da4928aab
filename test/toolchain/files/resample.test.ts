// Resized pictures equal Pillow's, to the bit, since networks are trained on those.

import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodePicture } from '../../../toolchain/files/image.ts'
import { resample } from '../../../toolchain/files/resample.ts'

/** Bytes of a linear congruential generator, as in the script that recorded Pillow's results. */
function noise(width: number, height: number) {
  const data = new Uint8Array(3 * width * height)
  let state = 7n
  for (let at = 0; at < data.length; at++) {
    state = (state * 1103515245n + 12345n) & 0x7fffffffn
    data[at] = Number((state >> 16n) & 255n)
  }
  return { width, height, channels: 3, data }
}

/** CRC-32 of `Image.frombytes('RGB', size, noise).resize(to, Image.BILINEAR).tobytes()` in Pillow 12.3.0. */
const pillow = [
  { size: [40, 30], to: [20, 15], crc: 257573832 },
  { size: [100, 80], to: [37, 29], crc: 3774202273 },
  { size: [7, 5], to: [16, 11], crc: 559101224 },
  { size: [256, 200], to: [256, 100], crc: 2090688016 },
  { size: [333, 211], to: [96, 61], crc: 1534888168 },
  { size: [64, 48], to: [341, 256], crc: 721076100 },
  { size: [1, 9], to: [4, 3], crc: 1139288471 },
  { size: [500, 375], to: [341, 256], crc: 3022805113 },
] as const

const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height })

describe('a resized picture', () => {
  test.each(pillow)('of $size equals Pillow’s of $to', ({ size: [width, height], to: [w, h], crc }) => {
    expect(crc32(resample(noise(width, height), { width: w, height: h }, whole(w, h)).data)).toBe(crc)
  })

  test('equals the same part of the whole one, at any position', () => {
    const side = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (width, height, w, h, ...draws) => {
        const [left, top] = [draws[0]! % w, draws[1]! % h]
        const part = { left, top, width: 1 + (draws[2]! % (w - left)), height: 1 + (draws[3]! % (h - top)) }
        const all = resample(noise(width, height), { width: w, height: h }, whole(w, h))
        const own = resample(noise(width, height), { width: w, height: h }, part)
        const rows = Array.from({ length: part.height }, (_, row) =>
          all.data.subarray(3 * ((top + row) * w + left), 3 * ((top + row) * w + left + part.width)),
        )
        expect(Buffer.from(own.data).equals(Buffer.concat(rows))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a picture is resized and cropped as in torchvision', () => {
  /** Python's round: halves to even. */
  const pythonRound = (value: number): number =>
    Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)

  test('the shorter side to its pixels, the longer rounded down, the crop’s corner to the even pixel', async () => {
    const side = fc.integer({ min: 1, max: 60 })
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        fc.nat(),
        async (width, height, shorter, a, b) => {
          const { data } = noise(width, height)
          const png = await sharp(data, { raw: { width, height, channels: 3 } })
            .png()
            .toBuffer()
          const long = Math.trunc((shorter * Math.max(width, height)) / Math.min(width, height))
          const [w, h] = width <= height ? [shorter, long] : [long, shorter]
          const crop = { width: 1 + (a % w), height: 1 + (b % h) }
          const [left, top] = [pythonRound((w - crop.width) / 2), pythonRound((h - crop.height) / 2)]
          const found = await decodePicture(png, 'a.png', { layout: 'hwc', resize: [shorter], crop })
          expect(found.shape).toEqual([crop.height, crop.width, 3])
          const expected = resample(noise(width, height), { width: w, height: h }, { left, top, ...crop })
          expect(Buffer.compare(found.data, expected.data)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('but one so narrow and high that it would need gigabytes in between is refused', async () => {
    const resized = async (height: number, to: number) => {
      const png = await sharp({ create: { width: 1, height, channels: 3, background: '#804020' } })
        .png()
        .toBuffer()
      return decodePicture(png, 'a.png', { resize: [to, 224], crop: { height: 224, width: 224 } })
    }
    const most = Math.floor(2 ** 26 / 224)
    expect((await resized(most, 16_384)).shape).toEqual([3, 224, 224])
    for (const [height, to] of [
      [most + 1, 16_384],
      [most + 1, 224],
      [1_000_000, 224],
    ] as const)
      await expect(resized(height, to)).rejects.toThrow(
        `a.png: has 1×${height} pixels, too high to be resized to a width of 224; allowed: at most ${most} rows`,
      )
  })

  test('227 of 256 pixels begin with the fourteenth', async () => {
    const columns = Uint8Array.from({ length: 3 * 256 * 256 }, (_, at) => Math.floor(at / 3) % 256)
    const png = await sharp(columns, { raw: { width: 256, height: 256, channels: 3 } })
      .png()
      .toBuffer()
    const { data } = await decodePicture(png, 'a.png', { resize: [256], crop: { height: 227, width: 227 } })
    // (256 − 227) ÷ 2 is 14.5: to the even 14.
    expect([data[0], data[226]]).toEqual([14, 240])
  })

  test('grey by Pillow’s integer formula, before it is resized', async () => {
    const colours = [
      [10, 20, 30],
      [1, 2, 3],
      [200, 100, 50],
      [0, 255, 0],
      [255, 0, 0],
      [0, 0, 255],
      [11, 250, 77],
    ]
    const png = await sharp(Uint8Array.from(colours.flat()), { raw: { width: 7, height: 1, channels: 3 } })
      .png()
      .toBuffer()
    expect([...(await decodePicture(png, 'a.png', { grey: true })).data]).toEqual([18, 2, 124, 150, 76, 29, 159])
  })
})
