// The idioms of frameworks that IDIOMS.md lists: each computes what ONNX Runtime computes and has the stated operators after simplification, or is refused with the stated message.

import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { machineForm } from '../../../compiler/passes/machine-form.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import { type Idiom, idioms } from '../../support/idioms.ts'
import { bytesOf, noise } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const held = idioms.filter(({ left }) => left !== undefined)
const named = (list: readonly Idiom[]) => list.map((each) => [each.framework, each.name, each] as const)

describe.each(named(held))('%s: %s', (_, __, { model, left }) => {
  const file = bytesOf(model)

  it('computes what ONNX Runtime computes, before and after simplification', async () => {
    const graph = readOnnx(file, 'model.onnx')
    const inputs = new Map([['x', noise(9, ...graph.inputs[0]!.shape)]])
    const expected = (await runModel(file, inputs)).get('y') as Tensor
    for (const each of [graph, simplify(graph)])
      expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
  })

  it('becomes layers', () => {
    const form = machineForm(readOnnx(file, 'model.onnx'))
    expect(form.nodes.map(({ op }) => op).join(' ')).toBe(left)
    expect(fuse(form).layers.length).toBeGreaterThan(0)
  })
})

describe('an idiom that no layer computes', () => {
  it.each(named(idioms.filter(({ refused }) => refused !== undefined)))(
    'is refused by a sentence: %s: %s',
    (_, __, { model, refused }) => {
      expect(() => fuse(machineForm(readOnnx(bytesOf(model), 'model.onnx')))).toThrow(refused)
    },
  )
})

it('every idiom is either refused or has operators after simplification', () => {
  expect(idioms.filter(({ left, refused }) => (left === undefined) === (refused === undefined))).toEqual([])
})
