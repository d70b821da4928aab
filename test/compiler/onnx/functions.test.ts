// Functions of a model's own: inlined as ONNX Runtime inlines them, bounded against recursion and growth.

import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { printGraph } from '../../../compiler/graph/print.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { DlpError } from '../../../base/error.ts'
import { type FunctionText, bytesOf, node, noise } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const leaky: FunctionText = {
  name: 'Leaky',
  inputs: ['x'],
  outputs: ['y'],
  attributes: ['alpha'],
  nodes: [node('LeakyRelu', 'y', 'x', { alpha: { ref: 'alpha' } })],
}
const block: FunctionText = {
  name: 'Block',
  inputs: ['x', 'w', 'b'],
  outputs: ['y', 'same'],
  defaults: { padding: [1, 1, 1, 1], slope: { float: 0.25 } },
  nodes: [
    node('Conv', 'c', 'x w b', { pads: { ref: 'padding' } }),
    node('pkg.test::Leaky', 'l', 'c', { alpha: { ref: 'slope' } }),
    node('Add', 'y', 'l x'),
    node('Identity', 'same', 'y'),
  ],
}
const nested = {
  opset: 18,
  inputs: { x: [1, 2, 5, 5] },
  outputs: ['z'],
  constants: { w: noise(1, 2, 2, 3, 3), b: noise(2, 2), c: noise(3, 2, 1, 1) },
  functions: [block, leaky],
  nodes: [
    node('pkg.test::Block', 'a a2', 'x w b'),
    node('Add', 'c2', 'a c'),
    node('pkg.test::Block', 'd e', 'c2 w', { slope: { float: 0.5 } }),
    node('Add', 'z', 'd e'),
  ],
}

describe('functions', () => {
  it('are inlined with their attributes, defaults and absent inputs as ONNX Runtime does', async () => {
    const inputs = new Map([['x', noise(9, 1, 2, 5, 5)]])
    const expected = (await runModel(bytesOf(nested), inputs)).get('z') as Tensor
    const graph = readOnnx(bytesOf(nested), 'nested.onnx')
    expect(relativeDifference(evaluateFloat(graph, inputs).get('z') as Tensor, expected)).toBeLessThan(1e-5)
    expect(printGraph(graph)).toContain('Block_0/c: float32[1,2,5,5] = Conv(x, ')
  })

  it('may return an input, and may have no nodes', () => {
    const through: FunctionText = { name: 'Through', inputs: ['p', 'q'], outputs: ['q', 'p'], nodes: [] }
    const nodes = [node('pkg.test::Through', 'a y', 'x a0'), node('Relu', 'a0', 'x')].reverse()
    const graph = readOnnx(
      bytesOf({ opset: 18, inputs: { x: [1, 3] }, outputs: ['y'], nodes, functions: [through] }),
      'm',
    )
    const x = noise(4, 1, 3)
    expect(evaluateFloat(graph, new Map([['x', x]])).get('y')?.data).toEqual(x.data)
  })

  const calling = (functions: readonly FunctionText[], op = functions[0]!.name, inputs = 'x') =>
    bytesOf({
      opset: 18,
      inputs: { x: [1, 3] },
      outputs: ['y'],
      functions,
      nodes: [node(`pkg.test::${op}`, 'y', inputs)],
    })
  const caller = (name: string, ...called: readonly string[]): FunctionText => ({
    name,
    inputs: ['x'],
    outputs: ['y'],
    nodes: called.map((each, at) =>
      node(`pkg.test::${each}`, at === called.length - 1 ? 'y' : `v${at}`, at === 0 ? 'x' : `v${at - 1}`),
    ),
  })
  const chain = (length: number, times: number) => [
    ...Array.from({ length }, (_, at) => caller(`F${at}`, ...new Array<string>(times).fill(`F${at + 1}`))),
    { name: `F${length}`, inputs: ['x'], outputs: ['y'], nodes: [node('Relu', 'y', 'x')] },
  ]

  it.each([
    [
      'recursion',
      calling([caller('F', 'G'), caller('G', 'F')]),
      /the function calls itself; allowed: functions without/,
    ],
    ['a long chain of calls', calling(chain(70, 1)), /too deeply; allowed: 64 levels/],
    ['calls that double thirty times', calling(chain(30, 2)), /grow too large; allowed: 20000 nodes/],
    ['a function defined twice', calling([leaky, leaky]), /function 'Leaky': it is defined twice/],
    [
      'another operator set',
      calling([{ ...leaky, opset: 13 }]),
      /uses operator set 13; allowed: that of the model, 18/,
    ],
    ['too many inputs', calling([leaky], 'Leaky', 'x x'), /found 2 inputs and 1 outputs; allowed: up to 1 and 1/],
    ['an unknown function', calling([leaky], 'Other'), /unknown operator Other of domain 'pkg.test'/],
    [
      'a reference outside of functions',
      bytesOf({
        opset: 18,
        inputs: { x: [1, 3] },
        outputs: ['y'],
        nodes: [node('LeakyRelu', 'y', 'x', { alpha: { ref: 'a' } })],
      }),
      /refers to the attribute 'a' of a function/,
    ],
    [
      'an attribute that is not declared',
      bytesOf({ ...nested, nodes: [node('pkg.test::Leaky', 'z', 'x', { beta: 1 })] }),
      /found the attribute 'beta'; allowed: alpha/,
    ],
    [
      'a name too long to repeat',
      calling([
        {
          name: 'L',
          inputs: ['x'],
          outputs: ['y'],
          nodes: [node('Relu', 'v'.repeat(600), 'x'), node('Relu', 'y', 'v'.repeat(600))],
        },
      ]),
      /a name has 600 characters; allowed: 512/,
    ],
  ])('with %s are refused', (_, file, message) => {
    expect(() => readOnnx(file, 'model.onnx')).toThrow(DlpError)
    expect(() => readOnnx(file, 'model.onnx')).toThrow(message)
  })
})
