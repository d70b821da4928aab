// Quantised models with damaged scales or zero points: one sentence each, that names the place and what is allowed.

import { expect, test } from 'vitest'
import { seededImages } from '../../../compiler/calibration.ts'
import { compile } from '../../../compiler/compile.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { quantizeAfterTraining } from '../../../compiler/quantize/discrete/post-training.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { machines } from '../../../isa/model/machine.ts'

const small = simplify(resnet({ ...resnet8, imageSize: 8, stageChannels: [16, 32] }, 3))
const calibration = seededImages(small)
const { graph } = quantizeAfterTraining(small, {
  weights: 'int4',
  activationBits: 4,
  machine: machines.tiny,
  calibration,
})

/** Compiles the model with one constant changed. */
function damaged(ending: string, change: (tensor: Tensor) => Tensor): () => unknown {
  const name = [...graph.constants.keys()].find((each) => each.endsWith(ending))!
  const constants = new Map([...graph.constants, [name, change(graph.constants.get(name)!)]])
  const bytes = writeOnnx({ ...readOnnx(writeOnnx(graph), 'model'), constants })
  return () => compile(bytes, { name: 'model', machine: machines.tiny })
}

const filled = (value: number) => (tensor: Tensor) =>
  tensorOf('float32', new Float32Array(tensor.size).fill(value), tensor.shape)

test.each([0, -1, NaN, Infinity])('refuses scales of %s', (value) => {
  expect(damaged('.weight_scale', filled(value))).toThrow(
    /^node '.*' \(DequantizeLinear\): cannot be used.*every scale is a finite number above 0/,
  )
})

test('refuses a number of scales that is not the number of rows', () => {
  expect(damaged('.weight_scale', () => tensorOf('float32', new Float32Array(3).fill(1), [3]))).toThrow(
    /^node '.*' \(DequantizeLinear\): .*the scale has one element, one for each slice/,
  )
})

test('refuses a zero point that is not a code of its map', () => {
  expect(damaged('Relu_output_0.zero_point', () => tensorOf('uint8', Uint8Array.of(100), []))).toThrow(
    /^map '.*': zero point 100, which is not one of its codes; allowed: 0 to 15/,
  )
})

test('refuses zero points of another type than the codes', () => {
  expect(
    damaged('.weight_zero_point', (tensor) => tensorOf('int32', new Int32Array(tensor.size), tensor.shape)),
  ).toThrow(/^node '.*' \(DequantizeLinear\): .*the zero point has the type of the codes/)
})
