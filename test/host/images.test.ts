// Pixels, real values and codes become the codes of an input.

import { describe, expect, test } from 'vitest'
import { inputCodes, realFromPixels, seededInput } from '../../host/images.ts'
import { DlpError } from '../../base/error.ts'
import type { TensorDescriptor } from '../../isa/program.ts'

const tensor: TensorDescriptor = {
  ...{ name: 'image', region: 'input', offset: 0, bytes: 0, shape: [2, 1, 2], layout: 'map', bits: 8, signed: true },
  ...{ patch: [1, 1], spaceToDepth: 1, storedChannels: 2, scale: [0.5], zeroPoint: 0 },
}
const withImages = { ...tensor, preprocessing: { mean: [0.5, 0], std: [0.1, 1] } }

describe('pixels', () => {
  test('become (pixel ÷ 255 − mean) ÷ std, channel by channel', () => {
    expect([...realFromPixels([0, 255, 0, 255], 2, withImages.preprocessing)]).toEqual([-5, 5, 0, 1])
  })

  test('become pixel ÷ 255 without preprocessing, and share one mean and std where one is given', () => {
    expect([...realFromPixels([0, 51], 2)]).toEqual([0, Math.fround(0.2)])
    expect([...realFromPixels([0, 255], 2, { mean: [0.5], std: [0.5] })]).toEqual([-1, 1])
  })

  test('are refused with a mean of another number of channels', () => {
    expect(() => realFromPixels([0, 0, 0], 3, { mean: [1, 2], std: [1] })).toThrow(DlpError)
  })
})

describe('the codes of an input', () => {
  test('come from pixels, real values or codes', () => {
    expect([...Array.from(inputCodes({ kind: 'pixels', data: [0, 255, 0, 255] }, withImages))]).toEqual([-10, 10, 0, 2])
    expect([...Array.from(inputCodes({ kind: 'real', data: [1, -1, 0.25, 1e9] }, tensor))]).toEqual([2, -2, 0, 127])
    expect([...Array.from(inputCodes({ kind: 'codes', data: [1, 2, 3, 4] }, tensor))]).toEqual([1, 2, 3, 4])
  })

  test.each([NaN, Infinity, -Infinity])('do not exist for %s', (value) => {
    expect(() => inputCodes({ kind: 'real', data: [1, 2, value, 3] }, tensor)).toThrow(
      `input 'image': element 2 is ${value}; allowed: finite numbers`,
    )
  })

  test('are as many as the tensor has', () => {
    expect(() => inputCodes({ kind: 'real', data: [1] }, tensor)).toThrow(
      "input 'image': 1 numbers; allowed: 4: shape [2, 1, 2]",
    )
  })
})

describe('a seeded input', () => {
  test('depends on its seed only, and is an image where the tensor takes images', () => {
    expect(seededInput(tensor, 1)).toEqual(seededInput(tensor, 1))
    expect(seededInput(tensor, 1)).not.toEqual(seededInput(tensor, 2))
    expect([seededInput(tensor, 1).kind, seededInput(withImages, 1).kind]).toEqual(['codes', 'pixels'])
  })

  test('holds codes within range', () => {
    const { data } = seededInput({ ...tensor, shape: [1, 100, 100], bits: 4 }, 3)
    const codes = Array.from(data)
    expect([Math.min(...codes), Math.max(...codes)]).toEqual([-8, 7])
  })
})
