// Folding the input by the first convolution's stride changes how it is stored, never what is computed.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import type { IntegerMap } from '../../../compiler/graph/integer.ts'
import { foldInput } from '../../../compiler/lower/space-to-depth.ts'
import { machines, slotChannels } from '../../../isa/model/machine.ts'
import { randomCodes } from '../../support/integer-graphs.ts'
import { graphOf, layerOf, mapOf, windowOn, type WindowOptions } from './sources.ts'

/** The folded input as the host packs it: pixels added by rounding up hold the zero point. */
function foldCodes(codes: Int16Array, map: IntegerMap, factor: number): Int16Array {
  const [height, width] = [Math.ceil(map.height / factor), Math.ceil(map.width / factor)]
  const folded = new Int16Array(map.channels * factor * factor * height * width).fill(map.zeroPoint)
  codes.forEach((code, at) => {
    const x = at % map.width
    const y = Math.floor(at / map.width) % map.height
    const channel = Math.floor(at / (map.width * map.height))
    const storage = ((y % factor) * factor + (x % factor)) * map.channels + channel
    folded[(storage * height + Math.floor(y / factor)) * width + Math.floor(x / factor)] = code
  })
  return folded
}

const side = fc.integer({ min: 5, max: 13 })
const window = fc.integer({ min: 2, max: 4 }).chain((stride) =>
  fc.record({
    stride: fc.constant([stride, stride] as const),
    kernel: fc.tuple(fc.integer({ min: stride, max: 7 }), fc.integer({ min: stride, max: 7 })),
    pads: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    density: fc.constantFrom(0.3, 1),
    seed: fc.nat(),
  }),
)

/** One convolution over an input, with the output size of two-sided padding. */
function convolution(input: IntegerMap, options: WindowOptions) {
  const { kernel = [1, 1], stride = [1, 1], pads = [0, 0] } = options
  const extent = (size: number, axis: 0 | 1): number =>
    Math.max(1, Math.floor((size + 2 * pads[axis] - kernel[axis]) / stride[axis]) + 1)
  const output = mapOf('output', [3, extent(input.height, 0), extent(input.width, 1)])
  return graphOf(input, [layerOf('conv', [windowOn(input, 3, options)], output)])
}

describe('the folded graph on the folded input', () => {
  test('is the original on the original, for any kernel, stride, padding and size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        side,
        side,
        fc.nat(255),
        window,
        (channels, height, width, zero, w) => {
          const graph = convolution(mapOf('input', [channels, height, width], { zeroPoint: zero }), w)
          const { graph: folded, factor } = foldInput(graph, machines.card)
          expect(factor).toBe(w.stride[0])
          const codes = randomCodes(graph.input, w.seed)
          const result = evaluateInteger(folded, foldCodes(codes, graph.input, factor)).maps.get('output')
          expect(result).toEqual(evaluateInteger(graph, codes).maps.get('output'))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('keeps every weight, and the channels fit one slot', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), window, (channels, w) => {
        const graph = convolution(mapOf('input', [channels, 11, 11]), w)
        const { graph: folded, factor } = foldInput(graph, machines.edge)
        expect(factor === 1).toBe(channels * w.stride[0] ** 2 > slotChannels(machines.edge))
        expect(folded.input.channels).toBeLessThanOrEqual(Math.max(channels, slotChannels(machines.edge)))
        const [before, after] = [graph, folded].map(({ layers: [layer] }) =>
          layer!.kind === 'linear' ? [...layer!.sources[0]!.weights.value].sort((a, b) => a - b) : [],
        )
        expect(after).toEqual(before)
      }),
    )
  })
})

describe('the input is left alone', () => {
  const input = mapOf('input', [3, 12, 12])
  const strided: WindowOptions = { kernel: [3, 3], stride: [2, 2], pads: [1, 1] }
  test.each([
    ['where the stride is 1', { ...strided, stride: [1, 1] }],
    ['where the strides differ', { ...strided, stride: [2, 1] }],
    ['where the kernel skips pixels', { ...strided, kernel: [1, 3] }],
    ['where the kernel is dilated', { ...strided, dilation: [2, 2] }],
  ] as const)('%s', (_, options) => {
    const graph = convolution(input, options)
    expect(foldInput(graph, machines.card)).toEqual({ graph, factor: 1 })
  })

  test('where a second layer reads it', () => {
    const [first] = convolution(input, strided).layers
    const second = layerOf('second', [windowOn(input, 3, strided)], mapOf('other', [3, 6, 6]))
    const graph = graphOf(input, [first!, second])
    expect(foldInput(graph, machines.card).factor).toBe(1)
  })
})
