// A model that no program can compute is refused early, with a message that states an alternative.

import { expect, it } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { machines } from '../../isa/model/machine.ts'
import { bytesOf, int64, type ModelText, node, noise } from '../support/onnx-model.ts'

const image = [1, 3, 16, 16]
const constants = { w: noise(1, 4, 3, 3, 3), v: noise(2, 6, 4, 1, 1), s: noise(3, 4), axes: int64(2, 3) }
const first = node('Conv', 'c', 'x w', { pads: [1, 1, 1, 1] })

function model(nodes: ModelText['nodes'], more: Partial<ModelText> = {}): ModelText {
  return { opset: 13, inputs: { x: image }, outputs: ['y'], constants, nodes, ...more }
}

const cases: readonly (readonly [string, ModelText, RegExp])[] = [
  [
    'a flat input',
    model([node('Relu', 'y', 'x')], { inputs: { x: [1, 1960] } }),
    /inputs are x \[1,1960\].*add axes of 1, such as \[1,1960,1,1\]/,
  ],
  [
    'an input of three axes',
    model([node('Relu', 'y', 'x')], { inputs: { x: [1, 40, 101] } }),
    /such as \[1,40,101,1\]/,
  ],
  ['an input of five axes', model([node('Relu', 'y', 'x')], { inputs: { x: [1, 3, 4, 16, 16] } }), /as channels/],
  ['a batch', model([first, node('Relu', 'y', 'c')], { inputs: { x: [2, 3, 16, 16] } }), /fix its batch size to 1/],
  [
    'two inputs',
    model([node('Add', 'y', 'x z')], { inputs: { x: image, z: image } }),
    /cut the model so that one image/,
  ],
  [
    'two outputs',
    model([first, node('Relu', 'y', 'c'), node('Conv', 'z', 'y v')], { outputs: ['y', 'z'] }),
    /2 outputs: 'y', 'z'.*a program for each/,
  ],
  [
    'Resize',
    model([first, node('Resize', 'y', 'c  s', { mode: 'nearest' })]),
    /unknown operator Resize.*resize on the host/,
  ],
  [
    'Upsample',
    model([first, node('Upsample', 'y', 'c s', { mode: 'nearest' })], { opset: 9 }),
    /Upsample.*resize on the host/,
  ],
  ['ConvTranspose', model([first, node('ConvTranspose', 'y', 'c v')]), /ConvTranspose.*Add of padded maps/],
  ['ArgMax at the end', model([first, node('ArgMax', 'y', 'c', { axis: 1 })]), /ArgMax.*end the model before it/],
  ['LSTM', model([first, node('LSTM', 'y', 'c w v')]), /LSTM.*no layer keeps a state/],
  [
    'GlobalMaxPool over a large map',
    model([first, node('GlobalMaxPool', 'y', 'c')]),
    /window of 16×16; allowed: windows up to 8×8 .*one behind the other/,
  ],
  ['MaxPool with a large window', model([first, node('MaxPool', 'y', 'c', { kernel_shape: [9, 9] })]), /window of 9×9/],
  [
    'AveragePool that leaves out its padding',
    model([first, node('AveragePool', 'y', 'c', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })]),
    /border average fewer pixels.*set count_include_pad to 1 before training/,
  ],
  [
    'unknown operators and wrong attributes: all at once, and nothing of what stands behind them',
    model([
      first,
      node('Resize', 'r', 'c  s', { mode: 'nearest' }),
      node('Foo', 'f', 'c'),
      node('Relu', 'q', 'f'),
      node('Transpose', 't', 'c', { perm: [0, 0, 1, 2] }),
      node('Concat', 'y', 'r q t', { axis: 1 }),
    ]),
    /3 errors prevent compilation:\n {2}.*Resize.*\n {2}.*Foo.*\n {2}.*Transpose[^\n]*$/,
  ],
  [
    'two outputs and operators that no layer does: all at once',
    model([first, node('Elu', 'y', 'c'), node('Tanh', 'z', 'c')], { outputs: ['y', 'z'] }),
    /3 errors prevent compilation:\n.*2 outputs: 'y', 'z'.*\n.*\(Elu\), node .*\(Tanh\)/,
  ],
  [
    'several pools with large windows: all at once',
    model([
      first,
      node('MaxPool', 'p', 'c', { kernel_shape: [9, 9] }),
      node('MaxPool', 'q', 'c', { kernel_shape: [10, 10] }),
      node('GlobalAveragePool', 'g', 'p'),
      node('GlobalAveragePool', 'h', 'q'),
      node('Concat', 'y', 'g h', { axis: 1 }),
    ]),
    /2 errors prevent compilation:\n.*window of 9×9.*\n.*window of 10×10/,
  ],
  [
    'outputs named as PyTorch names them',
    model([first, node('Relu', '/a/Relu_output_0', 'c'), node('Neg', '/b/Neg_output_0', 'c')], {
      outputs: ['/a/Relu_output_0', '/b/Neg_output_0'],
    }),
    /2 outputs: '\/a\/Relu_output_0', '\/b\/Neg_output_0';/,
  ],
]

it.each(cases)('%s', (_, text, sentence) => {
  expect(() => compile(bytesOf(text), { name: 'model', machine: machines.edge })).toThrow(sentence)
})
