// Single clamps and roundings of quantised models whose order matters, each against the float meaning of its graph.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { type ElementType, tensorOf } from '../../../compiler/graph/tensor.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import { realsOf } from '../../support/given-values.ts'

class Model extends GraphBuilder {
  #count = 0

  number(value: number, type: ElementType = 'float32'): string {
    return this.constant(`c${this.#count++}`, tensorOf(type, [value], []))
  }

  pair(x: string, scale: number, type: ElementType = 'int8', zeroPoint = 0): string {
    const parameters = [this.number(scale), this.number(zeroPoint, type)]
    return this.node('DequantizeLinear', [this.node('QuantizeLinear', [x, ...parameters]), ...parameters])
  }

  quant(x: string, scale: number, bits: number, rounding = 'ROUND', signed = 1): string {
    const parameters = [scale, 0, bits].map((value) => this.number(value))
    return this.node(
      'Quant',
      [x, ...parameters],
      { signed, narrow: 0, rounding_mode: rounding },
      { domain: 'onnx.brevitas' },
    )
  }

  /** x ÷ 2, as a convolution of integers. */
  half(x: string): string {
    const weights = this.constant(`c${this.#count++}`, tensorOf('int8', [1], [1, 1, 1, 1]))
    return this.node('Conv', [x, this.node('DequantizeLinear', [weights, this.number(0.5)])])
  }
}

const values = [...Array.from({ length: 62 }, (_, at) => (at - 31) / 3.1), 400, -400]
const image = tensorOf('float32', values, [1, 1, 8, 8])

function made(build: (model: Model, x: string) => string): Graph {
  const model = new Model('clamps', 13)
  return model.build([build(model, model.input('x', [1, 1, 8, 8]))])
}

/** Integers around 0, times a scale. */
const wide = (scale: number) =>
  tensorOf(
    'float32',
    values.map((_, at) => (at - 31) * scale),
    [1, 1, 8, 8],
  )

/** With and without `exact`, the integer graph gives the graph's float values to within `slack`. */
function expectMeaning(graph: Graph, slack = 1e-6, input = image): void {
  const [expected] = elements(evaluateFloat(graph, new Map([['x', input]])).values(), 1)
  for (const exact of [true, false]) {
    const found = realsOf(quantizeGiven(normalise(graph), { exact }).graph, input)
    const most = Math.max(...found.map((value, at) => Math.abs(value - expected.data[at]!)))
    expect(most, `exact: ${exact}`).toBeLessThanOrEqual(slack)
  }
}

describe('values of a quantised model', () => {
  it('are clipped to a value between two codes where a Clip after a quantiser has such a bound', () => {
    expectMeaning(
      made((model, x) => {
        const steps = model.pair(model.half(model.pair(x, 0.27)), 1)
        return model.pair(model.node('Clip', [steps, model.number(-1.4), model.number(2.4)]), 0.1)
      }),
    )
  })

  it('are rounded to the even code at halves, also if the output scale is less than the accumulator scale', () => {
    const ratio = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat({ max: 127 }))
    fc.assert(
      fc.property(ratio, fc.boolean(), fc.boolean(), ([power, part], isHalved, isBiased) => {
        // An odd number of 2^-power, from 1 to 8.
        const scale = 1 + ((2 * part + 1) % (7 * 2 ** power)) / 2 ** power
        const graph = made((model, x) => {
          const codes = model.pair(x, isHalved ? 2 * scale : scale, 'uint8', 128)
          const sum = isHalved ? model.half(codes) : codes
          const biased = isBiased ? model.node('Add', [sum, model.number(3 * scale)]) : sum
          return model.pair(model.node('Relu', [biased]), 1, 'uint8')
        })
        expectMeaning(graph, 0, wide(scale))
      }),
      { numRuns: 40 },
    )
  })

  it('are all one value where the range of a Clip lies outside the codes', () => {
    expectMeaning(
      made((model, x) => {
        const steps = model.pair(model.half(model.pair(x, 0.25)), 0.01)
        return model.pair(model.node('Clip', [steps, model.number(2), model.number(3)]), 0.1)
      }),
    )
  })

  it('have the sign of the value to which they were rounded before', () => {
    for (const steps of [1, 0.03125])
      expectMeaning(
        made((model, x) => {
          const rounded = model.quant(model.half(model.quant(x, 0.25, 8)), steps, 8)
          return model.node('BipolarQuant', [rounded, model.number(1)], {}, { domain: 'onnx.brevitas' })
        }),
      )
  })

  it.each(['FLOOR', 'CEIL'])('are bounded before they are rounded by %s', (rounding) => {
    expectMeaning(
      made((model, x) => {
        const bounded = model.node('Clip', [model.half(model.quant(x, 0.25, 8)), model.number(-1.3), model.number(2.7)])
        return model.quant(bounded, 1, 4, rounding)
      }),
    )
  })

  it('are bounded before their sign is taken', () => {
    expectMeaning(
      made((model, x) => {
        const positive = model.node('Relu', [model.half(model.quant(x, 0.25, 8))])
        return model.node('BipolarQuant', [positive, model.number(1)], {}, { domain: 'onnx.brevitas' })
      }),
    )
  })

  it.each([
    [3, 1],
    [6, 1],
    [5, 0],
  ])('saturate at the bounds of an input of %d bits, sign %d', (bits, signed) => {
    expectMeaning(made((model, x) => model.quant(model.half(model.quant(x, 0.25, bits, 'ROUND', signed)), 0.125, 8)))
  })

  it('have different codes for each reader of the input', () => {
    const graph = made((model, x) => {
      const parts = [4, 7].map((bits) => model.quant(x, 0.25, bits))
      return model.quant(model.node('Add', parts), 0.25, 8)
    })
    expectMeaning(graph)
  })
})

describe('an input that no host can quantise', () => {
  it.each([
    [
      'rounded down',
      (model: Model, x: string) => model.half(model.quant(x, 0.25, 8, 'FLOOR')),
      /rounds the model's input by 'floor'; allowed: the quantiser of the input rounds to the nearest code/,
    ],
    [
      'quantised twice',
      (model: Model, x: string) => model.node('Add', [model.pair(x, 0.25), model.pair(x, 0.5)]),
      /one scale and zero point for the input/,
    ],
    [
      'also read without a quantiser',
      (model: Model, x: string) => model.node('Add', [model.pair(x, 0.25), model.node('Relu', [x])]),
      /value 'x': parts of the model are quantised, but this value/,
    ],
  ])('is refused: %s', (_, build, sentence) => {
    const graph = made((model, x) => model.pair(build(model, x), 0.25))
    expect(() => quantizeGiven(normalise(graph))).toThrow(sentence)
  })
})
