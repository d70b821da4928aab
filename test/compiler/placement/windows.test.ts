// Windows: at how many positions they fit, and which of them are refused before anything is scheduled.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkWindows, logitsPositions } from '../../../compiler/placement/windows.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import type { MaxPoolLayer } from '../../../compiler/graph/integer.ts'
import { DlpError } from '../../../base/error.ts'
import { graphOf, layerOf, mapOf, windowOn, type WindowOptions } from '../lower/sources.ts'

test('a logits window visits the positions at which its last tap still lies in the map', () => {
  const size = fc.integer({ min: 1, max: 9 })
  const pair = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary)
  const window = fc.record({
    kernel: pair(fc.integer({ min: 1, max: 5 })),
    stride: pair(fc.integer({ min: 1, max: 3 })),
    pads: pair(fc.integer({ min: 0, max: 2 })),
    dilation: pair(fc.integer({ min: 1, max: 2 })),
  })
  fc.assert(
    fc.property(window, size, size, ({ kernel, stride, pads, dilation }, height, width) => {
      const visited = (extent: number, axis: 0 | 1): number => {
        let count = 0
        while (count * stride[axis]! - pads[axis]! + dilation[axis]! * (kernel[axis]! - 1) < extent) count++
        return count
      }
      fc.pre(visited(height, 0) > 0 && visited(width, 1) > 0)
      expect(logitsPositions({ kernel, stride, pads, dilation }, { height, width })).toEqual([
        visited(height, 0),
        visited(width, 1),
      ])
    }),
  )
})

describe('refused, with the name of the layer', () => {
  const input = mapOf('input', [1, 60, 60])
  const check = (options: WindowOptions) => () =>
    orThrow(checkWindows(graphOf(input, [layerOf('conv', [windowOn(input, 2, options)], mapOf('out', [2, 4, 4]))])))

  test.each([
    ['strides', { stride: [16, 1] }, 'strides 16×1'],
    ['dilations', { kernel: [3, 3], dilation: [1, 18] }, 'dilations 1×18'],
    ['paddings', { pads: [129, 0] }, 'padding 129×0'],
  ] as const)('%s that do not fit the fields of a geometry', (_, options, what) => {
    const start = "layer 'conv': "
    expect(check(options)).toThrow(DlpError)
    expect(check(options)).toThrow(start)
    expect(check(options)).toThrow(what)
  })

  test('pooling windows larger than 8×8', () => {
    const pool = (side: number): MaxPoolLayer => ({
      kind: 'maxPool',
      name: 'pool',
      source: 'input',
      kernel: [side, 2],
      stride: [2, 2],
      pads: [0, 0],
      output: mapOf('out', [1, 26, 30]),
    })
    expect(() => orThrow(checkWindows(graphOf(input, [pool(9)])))).toThrow(
      "layer 'pool': a pooling window of 9×2; allowed: windows up to 8×8",
    )
    expect(checkWindows(graphOf(input, [pool(8)]))).toBeUndefined()
  })

  test('but not the largest that fit', () => {
    expect(check({ kernel: [3, 3], stride: [15, 15], dilation: [15, 15], pads: [15, 128] })).not.toThrow()
  })
})
