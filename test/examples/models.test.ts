// The example models: their bytes, their values, and their simplified graphs.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { sizeOf, tensor, type Tensor } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { build as buildDensenet } from '../../examples/densenet/build.ts'
import { build as buildMobilenet } from '../../examples/mobilenet/build.ts'
import { build as buildResnet18 } from '../../examples/resnet18/build.ts'
import { build as buildResnet20 } from '../../examples/resnet20/build.ts'
import { build as buildResnet50 } from '../../examples/resnet50/build.ts'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import { build as buildSqueezenet } from '../../examples/squeezenet/build.ts'
import { normal, random } from '../../base/random.ts'
import { relativeDifference, runModel } from '../compiler/runtime.ts'

const simple = ['Conv', 'Relu', 'Clip', 'MaxPool', 'GlobalAveragePool', 'Add', 'Gemm', 'Flatten', 'Slice', 'Pad', 'Concat', 'AveragePool', 'BatchNormalization'] // prettier-ignore

describe.each([
  { name: 'resnet8', build: buildResnet8, input: [1, 3, 32, 32], output: [1, 10], convolutions: 9, nodes: 22 },
  { name: 'resnet20', build: buildResnet20, input: [1, 3, 32, 32], output: [1, 10], convolutions: 19, nodes: 54 },
  { name: 'squeezenet', build: buildSqueezenet, input: [1, 3, 32, 32], output: [1, 10], convolutions: 26, nodes: 65 },
  { name: 'mobilenet', build: buildMobilenet, input: [1, 3, 32, 32], output: [1, 10], convolutions: 27, nodes: 57 },
  { name: 'densenet', build: buildDensenet, input: [1, 3, 32, 32], output: [1, 10], convolutions: 39, nodes: 122 },
  { name: 'resnet18', build: buildResnet18, input: [1, 3, 224, 224], output: [1, 1000], convolutions: 20, nodes: 49 },
  { name: 'resnet50', build: buildResnet50, input: [1, 3, 224, 224], output: [1, 1000], convolutions: 53, nodes: 122 },
])('the example $name', ({ name, build, input, output, convolutions, nodes }) => {
  const bytes = build()
  const graph = readOnnx(bytes, name)
  const simplified = simplify(graph)
  const image = new Map([['input', noise(input)]])

  it('has the shapes of the real network', () => {
    expect(graph.inputs).toEqual([{ name: 'input', elementType: 'float32', shape: input }])
    expect(graph.outputs).toEqual([{ name: 'output', elementType: 'float32', shape: output }])
    expect(graph.nodes.filter(({ op }) => op === 'Conv').length).toBe(convolutions)
  })

  it('computes what ONNX Runtime computes, simplified or not, and stays bounded', async () => {
    const expected = (await runModel(bytes, image)).get('output') as Tensor
    expect(relativeDifference(outputOf(simplified), expected)).toBeLessThan(1e-4)
    expect(relativeDifference(outputOf(graph), expected)).toBeLessThan(1e-4)
    const greatest = Math.max(...expected.data.map(Math.abs))
    expect(greatest).toBeGreaterThan(0.1)
    expect(greatest).toBeLessThan(100)
  })

  it('consists of a few operators once simplified', () => {
    expect(simplified.nodes.map(({ op }) => op).filter((op) => !simple.includes(op))).toEqual([])
    expect(simplified.nodes.length).toBe(nodes)
    for (const node of simplified.nodes) if (node.op === 'Conv') expect(node.inputs.length).toBe(3)
  })

  function outputOf(model: Graph): Tensor {
    return evaluateFloat(model, image).get('output') as Tensor
  }
})

describe('a built model', () => {
  it('is the same for the same seed, and another for another', () => {
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(hash(buildResnet8(7))).toBe(hash(buildResnet8(7)))
    expect(hash(buildResnet8(7))).not.toBe(hash(buildResnet8(8)))
  })
})

function noise(shape: readonly number[]): Tensor {
  const uniform = random(5)
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => normal(uniform)),
    shape,
  )
}
