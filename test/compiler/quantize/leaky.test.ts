// LeakyRelu and PRelu of quantised models, with and without a rounding before them, are within one code of ONNX Runtime; and rows without weights.
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { type ElementType, type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { compile } from '../../../compiler/compile.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machines } from '../../../isa/model/machine.ts'
import { normal, random } from '../../../base/random.ts'
import { compiledFile } from '../../support/written-files.ts'

const slopes = [0.1, 0, -0.6, 1.5, 0.3]

interface Case {
  readonly type: 'uint8' | 'int8' | 'uint4' | 'int4'
  /** of the result */
  readonly zeroPoint: number
  /** true if the convolution is rounded before its activation, as `dlp quantize` writes it, and not only after it */
  readonly isRounded: boolean
}

const image = (seed: number): Tensor => {
  const draw = random(seed)
  return tensorOf(
    'float32',
    Array.from({ length: 3 * 36 }, () => normal(draw)),
    [1, 3, 6, 6],
  )
}

class Model extends GraphBuilder {
  readonly #draw = random(5)
  #count = 0

  number(values: readonly number[], type: ElementType = 'float32', shape: readonly number[] = []): string {
    return this.constant(`c${this.#count++}`, tensorOf(type, values, shape))
  }

  pair(x: string, scale: number, type: ElementType, zeroPoint: number): string {
    const parameters = [this.number([scale]), this.number([zeroPoint], type)]
    return this.node('DequantizeLinear', [this.node('QuantizeLinear', [x, ...parameters]), ...parameters])
  }

  conv(x: string, inputs: number, rows: number): string {
    const codes = Array.from({ length: rows * inputs * 9 }, () =>
      Math.min(Math.max(Math.round(60 * normal(this.#draw)), -127), 127),
    )
    const weights = [this.number(codes, 'int8', [rows, inputs, 3, 3]), this.number([0.004])]
    const bias = this.number(
      Array.from({ length: rows }, () => 0.3 * normal(this.#draw)),
      'float32',
      [rows],
    )
    return this.node('Conv', [x, this.node('DequantizeLinear', weights), bias], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
    })
  }
}

function leakyModel({ type, zeroPoint, isRounded }: Case): Graph {
  const model = new Model('leaky', 21)
  const made = model.conv(model.pair(model.input('x', [1, 3, 6, 6]), 0.02, 'uint8', 128), 3, slopes.length)
  const scale = type.endsWith('4') ? 0.4 : 0.025
  const x = isRounded ? model.pair(made, 0.03, 'int8', 3) : made
  const first = model.pair(
    model.node('PRelu', [x, model.number(slopes, 'float32', [slopes.length, 1, 1])]),
    scale,
    type,
    zeroPoint,
  )
  const second = model.conv(first, slopes.length, 4)
  return model.build([model.pair(model.node('LeakyRelu', [second], { alpha: 0.1 }), scale, type, zeroPoint)])
}

describe.each([
  { type: 'uint8', zeroPoint: 100 },
  { type: 'uint8', zeroPoint: 0 },
  { type: 'int8', zeroPoint: -128 },
  { type: 'uint4', zeroPoint: 6 },
  { type: 'int4', zeroPoint: 0 },
] as const)('slopes to $type with zero point $zeroPoint', (given) => {
  test.each([false, true])('are within a code of ONNX Runtime; rounded before: %s', async (isRounded) => {
    const bytes = writeOnnx(leakyModel({ ...given, isRounded }))
    for (const exactQdq of isRounded ? [false] : [true, false]) {
      const { layers } = await compiledFile(bytes, image(2), { machine: machines.edge, exactQdq })
      expect(layers.map(({ results }) => results)).toEqual(isRounded ? [180, 180, 144] : [180, 144])
      for (const { most, moved, results } of layers) {
        expect(most).toBeLessThanOrEqual(1)
        expect(moved / results).toBeLessThan(0.02)
      }
    }
  })
})

test('the LeakyRelu of a sum that is not rounded before is within one code of ONNX Runtime', async () => {
  const model = new Model('sum', 17)
  const x = model.pair(model.input('x', [1, 3, 6, 6]), 0.02, 'uint8', 128)
  const sum = model.node('Add', [x, model.pair(model.conv(x, 3, 3), 0.03, 'int8', 0)])
  const bytes = writeOnnx(model.build([model.pair(model.node('LeakyRelu', [sum], { alpha: 0.3 }), 0.03, 'int8', -60)]))
  for (const exactQdq of [true, false]) {
    const { layers } = await compiledFile(bytes, image(2), { machine: machines.edge, exactQdq })
    expect(Math.max(...layers.map(({ most }) => most))).toBeLessThanOrEqual(1)
  }
})

test('a refusal for lack of capacity names values of the file, not the two halves of a LeakyRelu', () => {
  const bytes = writeOnnx(leakyModel({ type: 'uint8', zeroPoint: 100, isRounded: false }))
  const refusals = [24, 28, 32].flatMap((featureWords) => {
    try {
      compile(bytes, { name: 'leaky', machine: { ...machines.tiny, featureWords } })
      return []
    } catch (error) {
      return [(error as Error).message]
    }
  })
  expect(refusals.length).toBeGreaterThan(0)
  for (const refusal of refusals) expect(refusal).not.toMatch(/:(positive|negative)/)
})

test('logits of a row without weights are its bias', async () => {
  const model = new Model('dead', 13)
  const x = model.pair(model.input('x', [1, 3, 2, 2]), 0.02, 'uint8', 128)
  const codes = model.number([3, 0, -50, 0, 0, 0, 7, 90, -1, 0, 4, 1], 'int8', [4, 3])
  const weights = model.node('DequantizeLinear', [codes, model.number([0.01])])
  const flat = model.node('Flatten', [model.node('GlobalAveragePool', [x])], { axis: 1 })
  const bias = model.number([0.5, -0.7, 0, 0.1], 'float32', [4])
  const bytes = writeOnnx(model.build([model.node('Gemm', [flat, weights, bias], { transB: 1 })]))
  const values = Array.from({ length: 12 }, (_, at) => 0.2 * at - 1)
  const { layers } = await compiledFile(bytes, tensorOf('float32', values, [1, 3, 2, 2]), { machine: machines.tiny })
  expect(layers.at(-1)!.most).toBeLessThan(1)
})
