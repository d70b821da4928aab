// Models whose inputs or outputs are codes: the program has inputs and outputs of the same type and, for the same input, ONNX Runtime's output.

import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { compile } from '../../../compiler/compile.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Attributes, Graph } from '../../../compiler/graph/graph.ts'
import { codeRanges } from '../../../compiler/graph/operators/quantization.ts'
import { type ElementType, type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { inputCodes } from '../../../host/images.ts'
import { DlpError } from '../../../base/error.ts'
import { machines } from '../../../isa/model/machine.ts'
import { dequantiseOutput, packTensor, unpackTensor } from '../../../isa/packing.ts'
import { normal, random } from '../../../base/random.ts'
import { Simulator } from '../../../simulator/simulate.ts'
import { runModel } from '../runtime.ts'

type Codes = 'uint8' | 'int8' | 'uint4' | 'int4'

/** A model of codes of one type; zero points are a third of the way from the least code to the greatest. */
class Model extends GraphBuilder {
  readonly #type: Codes
  readonly isFour: boolean
  readonly #draw = random(3)
  #count = 0

  constructor(type: Codes) {
    super('codes', type.endsWith('4') ? 21 : 13)
    this.#type = type
    this.isFour = type.endsWith('4')
  }

  number(value: number, type: ElementType = 'float32', shape: readonly number[] = []): string {
    return this.constant(`c${this.#count++}`, tensorOf(type, [value], shape))
  }

  codes(shape: readonly number[] = [1, 3, 6, 6]): string {
    return this.input('x', shape, this.#type)
  }

  /** Scale and zero point of a map. */
  grid(scale: number): readonly [string, string] {
    const [low, high] = codeRanges[this.#type]!
    return [this.number(scale), this.number(Math.round(low + (high - low) / 3), this.#type)]
  }

  real(codes: string, scale = 0.05): string {
    return this.node('DequantizeLinear', [codes, ...this.grid(scale)])
  }

  quantised(real: string, scale: number): string {
    return this.node('QuantizeLinear', [real, ...this.grid(scale)])
  }

  pair(real: string, scale: number): string {
    return this.real(this.quantised(real, scale), scale)
  }

  weights(shape: readonly number[]): readonly [string, string] {
    const size = shape.reduce((all, extent) => all * extent, 1)
    const codes = Array.from({ length: size }, () => Math.round(normal(this.#draw) * 30))
    return [this.constant(`c${this.#count++}`, tensorOf('int8', codes, shape)), this.number(0.00513)]
  }

  conv(real: string, inputs = 3, attributes: Attributes = { pads: [1, 1, 1, 1] }): string {
    return this.node('Conv', [real, this.node('DequantizeLinear', this.weights([4, inputs, 3, 3]))], attributes)
  }

  list(values: readonly number[]): string {
    return this.constant(`c${this.#count++}`, tensorOf('int64', values, [values.length]))
  }
}

type Build = (model: Model) => string

/** Operators at the input, whose result is rounded last. */
const atInput: Readonly<Record<string, Build>> = {
  Conv: (model) => model.conv(model.real(model.codes())),
  'Add of two readers': (model) => {
    const x = model.real(model.codes())
    return model.node('Add', [x, model.pair(model.node('Mul', [x, model.number(0.71)]), 0.04)])
  },
  'MaxPool on codes': (model) => {
    const pooled = model.node('MaxPool', [model.codes()], { kernel_shape: [2, 2], strides: [2, 2] })
    return model.conv(model.real(pooled))
  },
  'MaxPool on values': (model) =>
    model.node('MaxPool', [model.real(model.codes())], { kernel_shape: [2, 2], strides: [2, 2] }),
  Concat: (model) => {
    const x = model.real(model.codes())
    return model.conv(model.pair(model.node('Concat', [x, model.pair(model.conv(x), 0.05)], { axis: 1 }), 0.05), 7)
  },
  'Transpose of codes': (model) => {
    const turned = model.node('Transpose', [model.codes([1, 6, 6, 3])], { perm: [0, 3, 1, 2] })
    return model.conv(model.real(turned))
  },
  'Transpose of values': (model) => {
    const turned = model.node('Transpose', [model.real(model.codes([1, 6, 6, 3]))], { perm: [0, 3, 1, 2] })
    return model.conv(turned)
  },
  'Reshape of codes': (model) => {
    const flat = model.real(model.node('Reshape', [model.codes(), model.list([1, 108])]))
    return model.node('Gemm', [flat, model.node('DequantizeLinear', model.weights([5, 108]))], { transB: 1 })
  },
  'a factor that changes the scale': (model) =>
    model.conv(model.node('Mul', [model.real(model.codes()), model.number(0.5)])),
}

/** Operators at an output of codes. */
const atOutput: Readonly<Record<string, Build>> = {
  QuantizeLinear: (model) => model.quantised(model.conv(model.pair(model.input('x', [1, 3, 6, 6]), 0.05)), 0.04),
  QLinearConv: (model) => {
    const codes = model.quantised(model.input('x', [1, 3, 6, 6]), 0.05)
    const weights = [...model.weights([4, 3, 3, 3]), model.number(0, 'int8')]
    return model.node('QLinearConv', [codes, ...model.grid(0.05), ...weights, ...model.grid(0.04)], {
      pads: [1, 1, 1, 1],
    })
  },
  'MaxPool on codes': (model) => {
    const codes = model.quantised(model.conv(model.pair(model.input('x', [1, 3, 6, 6]), 0.05)), 0.04)
    return model.node('MaxPool', [codes], { kernel_shape: [2, 2], strides: [2, 2] })
  },
  'Gemm, then Reshape of codes': (model) => {
    const flat = model.node('Flatten', [model.pair(model.input('x', [1, 3, 6, 6]), 0.05)], { axis: 1 })
    const product = model.node('Gemm', [flat, model.node('DequantizeLinear', model.weights([8, 108]))], { transB: 1 })
    return model.node('Reshape', [model.quantised(product, 0.06), model.list([1, 8, 1, 1])])
  },
  'a global average': (model) =>
    model.quantised(
      model.node('GlobalAveragePool', [model.pair(model.input('x', [1, 3, 6, 6]), 0.05)]),
      model.isFour ? 0.05 : 0.011,
    ),
  'codes of the input': (model) => model.quantised(model.conv(model.real(model.codes())), 0.04),
}

const cases = (builds: Readonly<Record<string, Build>>) =>
  Object.entries(builds).flatMap(([name, build]) =>
    (['uint8', 'int8', 'uint4', 'int4'] as const)
      .filter((type) => type.endsWith('8') || ['Conv', 'QuantizeLinear', 'codes of the input'].includes(name))
      .map((type) => [name, type, build] as const),
  )

describe('a program has the input codes of a model', () => {
  it.each(cases(atInput))('%s, %s', async (_, type, build) => {
    const model = new Model(type)
    const graph = model.build([model.pair(build(model), 0.07)])
    const { found, expected, step } = await compared(graph, type, true)
    expect(found.input).toBe(type)
    expect(found.output).toBeUndefined()
    expectWithinCode(found.values, expected, step)
  })
})

describe('codes at the input that the model clips', () => {
  const other: Build = (model) => model.node('Transpose', [model.codes([1, 6, 6, 3])], { perm: [0, 3, 1, 2] })
  const sources: Readonly<Record<string, Build>> = { input: (model) => model.codes(), 'Transpose of it': other }
  const bounds = [
    [0, 15],
    [0, 3],
    [0, 100],
    [-8, 7],
    [-3, 90],
  ] as const
  const clips = Object.entries(sources).flatMap(([name, build]) =>
    bounds.map(([low, high]) => [low < 0 ? 'int8' : 'uint8', name, low, high, build] as const),
  )

  it.each(clips)(
    'have their whole range at the program’s input: %s, the %s, from %i to %i',
    async (type, _, low, high, build) => {
      for (const exact of [true, false]) {
        const model = new Model(type)
        const grid = (scale: number) => [model.number(scale), model.number(0, type)]
        const clipped = model.node('Clip', [build(model), model.number(low, type), model.number(high, type)])
        const real = model.node('Relu', [model.node('DequantizeLinear', [clipped, ...grid(0.05)])])
        const rounded = model.node('QuantizeLinear', [real, ...grid(0.07)])
        const graph = model.build([model.node('DequantizeLinear', [rounded, ...grid(0.07)])])
        const { found, expected, step } = await compared(graph, type, exact)
        expect(found.input).toBe(type)
        expectWithinCode(found.values, expected, step)
      }
    },
  )
})

describe('a program has the output codes of a model', () => {
  it.each(cases(atOutput))('%s, %s', async (_, type, build) => {
    const model = new Model(type)
    const graph = model.build([build(model)])
    const { found, expected } = await compared(graph, type)
    expect(found.output).toBe(type)
    expectWithinCode(found.values, expected, 1)
  })
})

describe('a model of other element types', () => {
  const float32 = 1
  const ends: Readonly<Record<string, (model: Model, type: ElementType) => string>> = {
    'cast at the input': (model, type) => {
      const x = model.node('Cast', [model.input('x', [1, 3, 6, 6], type)], { to: float32 })
      return model.pair(model.conv(model.pair(x, 0.05)), 0.07)
    },
    'codes at the input': (model, type) => {
      const x = model.input('x', [1, 3, 6, 6], type)
      const real = model.node('DequantizeLinear', [x, model.number(0.05), model.number(0, type)])
      return model.pair(model.conv(real), 0.07)
    },
    'codes that are also read as values': (model, type) => {
      const x = model.input('x', [1, 3, 6, 6], type)
      const real = model.node('DequantizeLinear', [x, model.number(0.05), model.number(0, type)])
      return model.pair(
        model.conv(model.pair(model.node('Add', [real, model.node('Cast', [x], { to: float32 })]), 0.1)),
        0.07,
      )
    },
    'only moved codes': (model, type) => model.node('Flatten', [model.input('x', [1, 3, 6, 6], type)]),
    'codes at the output': (model, type) => {
      const real = model.conv(model.pair(model.input('x', [1, 3, 6, 6]), 0.05))
      return model.node('QuantizeLinear', [real, model.number(0.05), model.number(0, type)])
    },
    'sums at the output': (model, type) => {
      const codes = model.node('QuantizeLinear', [
        model.input('x', [1, 3, 6, 6]),
        model.number(0.05),
        model.number(0, type),
      ])
      return model.node('ConvInteger', [codes, model.weights([4, 3, 3, 3])[0], model.number(0, type)])
    },
    'cast at the output': (model, type) => {
      const numbers: Partial<Record<ElementType, number>> = {
        uint8: 2,
        int8: 3,
        uint16: 4,
        int16: 5,
        int32: 6,
        int64: 7,
        bool: 9,
      }
      const real = model.pair(model.conv(model.pair(model.input('x', [1, 3, 6, 6]), 0.05)), 0.07)
      return model.node('Cast', [real], { to: numbers[type] ?? float32 })
    },
  }

  it.each(Object.entries(ends))('compiles, or is refused with one error: %s', (_, build) => {
    let tried = 0
    for (const type of ['uint8', 'int8', 'int4', 'uint2', 'uint16', 'int16', 'int32', 'int64', 'bool'] as const) {
      const model = new Model('uint8')
      const bytes = written(() => model.build([build(model, type)]))
      if (bytes === undefined) continue
      tried++
      try {
        compile(bytes, { name: 'types', machine: machines.edge })
      } catch (error) {
        expect(error, `${type}: ${String(error)}`).toBeInstanceOf(DlpError)
      }
    }
    expect(tried).toBeGreaterThan(5)
  })
})

/** The file of a graph; undefined if the graph is not valid ONNX. */
function written(build: () => Graph): Uint8Array | undefined {
  try {
    return writeOnnx(build())
  } catch (error) {
    if (error instanceof DlpError) return undefined
    throw error
  }
}

/** Off by at most one code, and few by that much: because of halves, or of a rounding before the last. */
function expectWithinCode(found: ArrayLike<number>, expected: ArrayLike<number>, step: number): void {
  expect(found.length).toBe(expected.length)
  const off = Array.from(expected, (value, at) => Math.round(Math.abs(found[at]! - value) / step))
  expect(Math.max(...off)).toBeLessThanOrEqual(1)
  expect(off.filter((steps) => steps > 0).length).toBeLessThanOrEqual(0.03 * off.length + 1)
  expect(new Set(Array.from(expected)).size).toBeGreaterThan(1)
}

/** The output of the program with the types of its tensors, and that of ONNX Runtime; for 4 bits that of the graph's float meaning, as Node's runtime has no such tensors. */
async function compared(graph: Graph, type: Codes, exactQdq = false) {
  const input = drawn(graph, type)
  const runtime = async (): Promise<Tensor> =>
    elements((await runModel(writeOnnx(graph), new Map([['x', input]]))).values(), 1)[0]
  const isFour = type.endsWith('4')
  const expected = isFour ? elements(evaluateFloat(graph, new Map([['x', input]])).values(), 1)[0] : await runtime()
  const { program } = compile(writeOnnx(graph), { name: 'codes', machine: machines.edge, exactQdq })
  const [tensor, output] = [program.inputs[0]!, program.outputs[0]!]
  const isLast = graph.inputs[0]!.shape[3] === 3
  const data = isLast ? channelsFirst(input) : input.data
  const codes = inputCodes({ kind: tensor.elementType === undefined ? 'real' : 'codes', data }, tensor)
  const simulator = new Simulator(program)
  simulator.init()
  const { outputs, hazards } = simulator.infer({ [tensor.name]: packTensor(codes, tensor, program.machine) })
  expect(hazards).toEqual([])
  const raw = unpackTensor(outputs[output.name]!, output, program.machine)
  const values = output.elementType === undefined ? dequantiseOutput(raw, output) : raw
  return {
    found: { input: tensor.elementType, output: output.elementType, values },
    expected: expected.data,
    step: output.scale[0]!,
  }
}

function drawn({ inputs }: Graph, type: Codes): Tensor {
  const [{ shape, elementType }] = elements(inputs, 1)
  const draw = random(5)
  const size = shape.reduce((all, extent) => all * extent, 1)
  const [low, high] = codeRanges[type]!
  const each = elementType === 'float32' ? () => normal(draw) * 3 : () => low + Math.floor(draw() * (high - low + 1))
  return tensorOf(elementType, Array.from({ length: size }, each), shape)
}

function channelsFirst({ data, shape }: Tensor): number[] {
  const [, height, width, channels] = elements(shape, 4)
  return Array.from({ length: data.length }, (_, at) => {
    const [channel, pixel] = [Math.floor(at / (height * width)), at % (height * width)]
    return data[pixel * channels + channel]!
  })
}
