// What became of every operator of a file: each is reported once, and the reported layers exist.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { explain, type OperatorOutcome } from '../../compiler/explain.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { machineForm } from '../../compiler/passes/machine-form.ts'
import { isQuantised } from '../../compiler/passes/quantized/normalise.ts'
import { fuse } from '../../compiler/quantize/fuse.ts'
import { machines } from '../../isa/model/machine.ts'
import { interfaceModel, inputForms, outputForms, modelFormats } from '../support/interface-models.ts'
import { floatEnds, floatGraph, floatSteps } from '../support/float-graphs.ts'
import { bytesOf, int64, node, noise } from '../support/onnx-model.ts'

/** The outcomes of a file's operators, and the layers of its plan. */
function outcomesOf(bytes: Uint8Array): { read: FloatGraph; outcomes: OperatorOutcome[]; layers: readonly string[] } {
  const read = readOnnx(bytes, 'model')
  const form = machineForm(read)
  const plan = fuse(form, { outline: true, ...(isQuantised(read) ? { exact: false } : {}) })
  return { read, outcomes: explain(read, form, plan), layers: plan.layers.map(({ name }) => name) }
}

/** The laws of every file: its operators are reported once each, in their order, with existing layers, and no layer is missing. */
function checkLaws(graph: FloatGraph): void {
  const { read, outcomes, layers } = outcomesOf(writeOnnx(graph))
  const names = read.nodes.map((each) => read.origins!.originOf(each)).map(({ name, output }) => name ?? output)
  expect(outcomes.map(({ node }) => node)).toEqual([...new Set(names)])
  for (const { outcome, layers: own } of outcomes) {
    expect(layers).toEqual(expect.arrayContaining([...own]))
    if (outcome === 'layer') expect(own).not.toEqual([])
    if (outcome === 'constant' || outcome === 'host' || outcome === 'removed') expect(own).toEqual([])
  }
  const reported = new Set(outcomes.filter(({ outcome }) => outcome === 'layer').flatMap(({ layers: own }) => own))
  expect([...reported].toSorted()).toEqual([...new Set(layers)].toSorted())
}

test('the outcomes of a small network', () => {
  const model = bytesOf({
    opset: 13,
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
    constants: { w: noise(1, 4, 3, 3, 3), s: noise(2, 4), b: noise(3, 4), m: noise(4, 4), v: { ...noise(5, 4), data: new Float32Array(4).fill(1) }, g: noise(6, 4, 10), at: int64(0), minus: int64(-1) }, // prettier-ignore
    nodes: [
      node('Conv', 'c', 'x w', { pads: [1, 1, 1, 1] }),
      node('BatchNormalization', 'n', 'c s b m v'),
      node('Relu', 'r', 'n'),
      node('GlobalAveragePool', 'a', 'r'),
      node('Shape', 'h', 'a'),
      node('Gather', 'f', 'h at', { axis: 0 }),
      node('Concat', 'l', 'f minus', { axis: 0 }),
      node('Reshape', 'q', 'a l'),
      node('MatMul', 'z', 'q g'),
      node('Softmax', 'y', 'z'),
    ],
  })
  const { report } = compile(model, { name: 'model', machine: machines.tiny, explain: true })
  const lines = report.operators!.map(
    ({ op, outcome, layers, why }) =>
      `${op} ${outcome} ${layers.join()} ${why.map((each) => each.split(':')[0]).join()}`,
  )
  expect(lines).toEqual([
    'Conv layer n_c ',
    'BatchNormalization layer n_c fold-batch-norm',
    'Relu layer n_c ',
    'GlobalAveragePool layer n_z ',
    'Shape constant  fold-constants',
    'Gather constant  fold-constants',
    'Concat constant  fold-constants',
    'Reshape view n_z ',
    'MatMul layer n_z ',
    'Softmax host  host-operators',
  ])
})

test('the laws hold for random float graphs of all operators', () => {
  const draw = fc.record({
    seed: fc.nat(1000),
    opset: fc.constantFrom(11, 13, 17, 18),
    steps: fc.array(fc.constantFrom(...floatSteps), { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom(...floatEnds),
  })
  fc.assert(
    fc.property(draw, (drawn) => checkLaws(floatGraph(drawn as never))),
    { numRuns: 100 },
  )
})

test.each(modelFormats)('the laws hold for every input and output form, %s', (spelling) => {
  for (const input of inputForms) checkLaws(interfaceModel(spelling, input, outputForms[0]!))
  const isThere = ({ name }: { name: string }): boolean => spelling !== 'float' || !name.startsWith('QLinear')
  for (const output of outputForms.filter(isThere)) checkLaws(interfaceModel(spelling, inputForms[0]!, output))
})
