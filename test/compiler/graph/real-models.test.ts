// Trained CIFAR-10 networks, as exported by PyTorch, against ONNX Runtime.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { type Tensor, sizeOf, tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { normal, random } from '../../../base/random.ts'
import { data } from '../data.ts'
import { relativeDifference, runModel } from '../runtime.ts'

describe.each(['resnet20', 'resnet56'])('the trained %s', (name) => {
  const file = data('models', 'cifar10-resnet', `${name}.onnx`)

  it.skipIf(!file.present)(`computes what ONNX Runtime computes, simplified or not${file.note}`, async () => {
    const bytes = readFileSync(file.path)
    const graph = readOnnx(bytes, name)
    const [input] = elements(graph.inputs, 1)
    const uniform = random(11)
    const image = tensor(
      Float32Array.from({ length: sizeOf(input.shape) }, () => normal(uniform)),
      input.shape,
    )
    const inputs = new Map([[input.name, image]])
    const expected = (await runModel(bytes, inputs)).get('logits') as Tensor
    expect(relativeDifference(evaluateFloat(graph, inputs).get('logits') as Tensor, expected)).toBeLessThan(1e-4)
    expect(relativeDifference(evaluateFloat(simplify(graph), inputs).get('logits') as Tensor, expected)).toBeLessThan(
      1e-4,
    )
  })

  it.skipIf(!file.present)(`keeps two nodes of each shortcut once simplified${file.note}`, () => {
    const { nodes } = simplify(readOnnx(readFileSync(file.path), name))
    const count = (op: string) => nodes.filter((node) => node.op === op).length
    expect([count('Slice'), count('Pad'), count('Constant'), count('Reshape')]).toEqual([2, 2, 0, 0])
  })
})
