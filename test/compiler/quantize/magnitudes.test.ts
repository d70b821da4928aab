// Weights of any float32 magnitude: the program's values are right, or one error says what is out of range.

import { expect, test } from 'vitest'
import { seededImages } from '../../../compiler/calibration.ts'
import { compile } from '../../../compiler/compile.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machineInterface } from '../../../compiler/passes/machine-interface.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { quantizeAfterTraining } from '../../../compiler/quantize/discrete/post-training.ts'
import { inputCodes } from '../../../host/images.ts'
import { DlpError } from '../../../base/error.ts'
import { machines } from '../../../isa/model/machine.ts'
import { dequantiseOutput, packTensor, unpackTensor } from '../../../isa/packing.ts'
import { simulate } from '../../../simulator/simulate.ts'

const machine = machines.tiny

/** A constant of alternating sign around ± a magnitude. */
function constant(builder: GraphBuilder, name: string, shape: readonly number[], magnitude: number): string {
  const size = shape.reduce((product, extent) => product * extent, 1)
  const values = Float32Array.from({ length: size }, (_, at) => (at % 2 === 0 ? 1 : -1) * magnitude * (1 - at / 64))
  return builder.constant(name, tensorOf('float32', values, shape))
}

function convolution(builder: GraphBuilder, input: string, name: string, magnitude: number, channels = 3): string {
  return builder.node('Conv', [input, constant(builder, name, [4, channels, 1, 1], magnitude)])
}

function normalised(builder: GraphBuilder, input: string, scale: number, mean: number, variance: number): string {
  const list = (name: string, value: number) =>
    builder.constant(name, tensorOf('float32', new Float32Array(4).fill(value), [4]))
  const lists = [list('scale', scale), list('shift', 0), list('mean', mean), list('variance', variance)]
  return builder.node('BatchNormalization', [input, ...lists], { epsilon: 0 })
}

const networks: Readonly<Record<string, (builder: GraphBuilder, input: string, magnitude: number) => string>> = {
  'a convolution': (builder, input, magnitude) => convolution(builder, input, 'w', magnitude),
  'one weight': (builder, input, magnitude) => {
    const values = Float32Array.from({ length: 12 }, (_, at) => (at === 5 ? magnitude : 0.1))
    return builder.node('Conv', [input, builder.constant('w', tensorOf('float32', values, [4, 3, 1, 1]))])
  },
  'two convolutions': (builder, input, magnitude) =>
    convolution(builder, builder.node('Relu', [convolution(builder, input, 'a', magnitude)]), 'b', magnitude, 4),
  'a convolution and one of the inverse magnitude': (builder, input, magnitude) =>
    convolution(builder, builder.node('Relu', [convolution(builder, input, 'a', magnitude)]), 'b', 1 / magnitude, 4),
  'a batch norm’s scale': (builder, input, magnitude) =>
    normalised(builder, convolution(builder, input, 'w', 0.5), magnitude, 0, 1),
  'a batch norm’s variance': (builder, input, magnitude) =>
    normalised(builder, convolution(builder, input, 'w', 0.5), 1, 0, magnitude),
  'a batch norm’s mean': (builder, input, magnitude) =>
    normalised(builder, convolution(builder, input, 'w', 0.5), 1, magnitude, 1),
  'factors one after the other': (builder, input, magnitude) => {
    const factor = builder.constant('k', tensorOf('float32', [magnitude], []))
    return builder.node('Mul', [builder.node('Mul', [convolution(builder, input, 'w', 0.5), factor]), factor])
  },
  'a divisor': (builder, input, magnitude) =>
    builder.node('Div', [input, builder.constant('k', tensorOf('float32', [magnitude], []))]),
  'a sum of two': (builder, input, magnitude) =>
    builder.node('Add', [convolution(builder, input, 'a', magnitude), convolution(builder, input, 'b', magnitude)]),
  'a matrix': (builder, input, magnitude) =>
    builder.node('Gemm', [builder.node('Flatten', [input]), constant(builder, 'w', [48, 8], magnitude)]),
}
const magnitudes = [3.4e38, 1e38, 1e30, 1e19, 1e-19, 1e-30, 1e-38, NaN, Infinity]
const cases = Object.keys(networks).flatMap((name) => magnitudes.map((magnitude) => [name, magnitude] as const))

/** An error that says where. */
function expectRefusal(error: unknown): void {
  expect(error).toBeInstanceOf(DlpError)
  expect((error as DlpError).complaint.where).toMatch(/^(a constant in )?(constant|node) '/)
}

test.each(cases)('%s of magnitude %d', (name, magnitude) => {
  const builder = new GraphBuilder('g')
  const graph = builder.build([networks[name]!(builder, builder.input('x', [1, 3, 4, 4]), magnitude)])
  const calibration = seededImages(graph, 8)
  const [image] = seededImages(graph, 1)
  const expected = [...evaluateFloat(graph, new Map([['x', image!]])).values()][0]!.data as Float32Array
  const greatest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  let program
  try {
    program = compile(writeOnnx(graph), { name: 'g', machine, weightBits: 8, activationBits: 8, calibration }).program
  } catch (error) {
    return expectRefusal(error)
  }
  expect(greatest).toBeLessThan(Infinity)
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const codes = inputCodes({ kind: 'real', data: image!.data }, input)
  const bytes = simulate(program, { [input.name]: packTensor(codes, input, machine) }).outputs[output.name]!
  const found = dequantiseOutput(unpackTensor(bytes, output, machine), output)
  // Less than a code of 8 bits and some roundings; denormal numbers have few bits.
  const allowed = greatest / 32 + 2 ** -148
  for (const [at, value] of found.entries()) expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(allowed)
})

test('the file that `quantize` writes of such weights can be compiled', () => {
  for (const name of ['a convolution', 'two convolutions', 'a matrix', 'a sum of two'])
    for (const magnitude of [1e38, 1e30, 1e-30, 1e-38, 1e-45]) {
      const builder = new GraphBuilder('g')
      const graph = builder.build([networks[name]!(builder, builder.input('x', [1, 3, 4, 4]), magnitude)])
      const calibration = seededImages(graph, 4)
      const simplified = machineInterface(simplify(graph))
      try {
        const quantised = quantizeAfterTraining(simplified, {
          weights: 'int8',
          activationBits: 8,
          calibration,
          machine,
        })
        compile(writeOnnx(quantised.graph), { name: 'g', machine })
      } catch (error) {
        expectRefusal(error)
      }
    }
})
