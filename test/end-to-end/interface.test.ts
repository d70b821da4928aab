// The edges of models: whatever stands before the first layer and behind the last, a program takes and gives what ONNX Runtime does.

import { describe, expect, it } from 'vitest'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { permuted } from '../../compiler/graph/operators/rearrange.ts'
import { inputCodes } from '../../host/images.ts'
import { SeededRandom } from '../../isa/arbitraries/seeded-random.ts'
import { machines } from '../../isa/model/machine.ts'
import { dequantiseOutput, inModelOrder, inOwnOrder, modelShape } from '../../isa/packing.ts'
import { openModel } from '../compiler/runtime.ts'
import {
  edgeImages,
  edgeModel,
  inputEdges,
  type OutputEdge,
  outputEdges,
  shortcuts,
  spellings,
} from '../support/interface-models.ts'

/** What ONNX Runtime gives, and what a compiled program does, for the same images. */
async function bothOf(
  graph: Graph,
  images: readonly Tensor[],
  host: OutputEdge['host'] = (values) => values,
  given?: readonly Tensor[],
) {
  const file = writeOnnx(graph)
  const model = await openModel(file)
  const theirs: Tensor[] = []
  for (const image of images) theirs.push(...(await model.run(new Map([['x', image]]))).values())
  await model.close()
  const isFloat = !graph.nodes.some(({ op }) => op.includes('Linear'))
  // A float model is calibrated with what its program takes.
  const isLast = graph.inputs[0]!.shape[3] === 3
  const first = isLast ? images.map((image) => permuted(image, [0, 3, 1, 2])) : images
  const calibration = first.map(({ data, shape }) => tensorOf('float32', data, shape))
  const compilation = compile(file, {
    name: 'edges',
    machine: machines.tiny,
    ...(isFloat ? { weightBits: 8, activationBits: 8, calibration } : { exactQdq: true, calibration: given }),
  })
  const { program, graph: integer, report } = compilation
  const [input] = elements(program.inputs, 1)
  const [output] = elements(program.outputs, 1)
  const evaluate = integerEvaluator(integer)
  const ours = images.map(({ data }) => {
    const real = inOwnOrder(Float32Array.from(data), input.arrangement)
    const { logits, maps } = evaluate(Int16Array.from(inputCodes({ kind: 'real', data: real }, input)))
    const codes = Int32Array.from(logits ?? maps.get(integer.output)!)
    const values = inModelOrder(dequantiseOutput(codes, output), output.arrangement)
    return host(tensorOf('float32', values, modelShape(output)))
  })
  return { theirs, ours, report, program }
}

/** 10 · log10 of signal over noise, of all outputs together; shapes must agree but for the batch. */
function decibels(theirs: readonly Tensor[], ours: readonly Tensor[]): number {
  let [power, noise] = [0, 1e-12]
  for (const [at, expected] of theirs.entries()) {
    const shape = expected.shape.length > 1 && expected.shape[0] === 1 ? expected.shape.slice(1) : expected.shape
    expect(ours[at]!.shape).toEqual(shape)
    expected.data.forEach((value, i) => {
      power += value ** 2
      noise += (value - ours[at]!.data[i]!) ** 2
    })
  }
  return 10 * Math.log10(power / noise)
}

describe.each(spellings)('%s', (spelling) => {
  it.each(inputEdges)('in front: $name', async (edge) => {
    const images = edgeImages(edge, 2)
    const { theirs, ours } = await bothOf(edgeModel(spelling, edge, outputEdges[0]!), images)
    expect(decibels(theirs, ours)).toBeGreaterThan(spelling === 'float' ? 30 : 40)
  })

  const behind = outputEdges.filter(({ only }) => only === undefined || only.some((each) => each === spelling))
  it.each(behind)('behind: $name', async (edge) => {
    const images = edgeImages(inputEdges[0]!, 2)
    const { theirs, ours, report } = await bothOf(edgeModel(spelling, inputEdges[0]!, edge), images, edge.host)
    const isOpen = edge.isOpen && spelling !== 'float'
    expect(decibels(theirs, ours)).toBeGreaterThan(spelling === 'float' || isOpen ? 25 : edge.of === 'map' ? 40 : 28)
    const said = report.warnings.filter((warning) => warning.includes("is what enters the model's last"))
    expect(said).toHaveLength(edge.host === undefined ? 0 : 1)
    expect(report.warnings.some((warning) => warning.includes('has no quantiser'))).toBe(isOpen === true)
  })
})

it('a last map without a quantiser takes the range of calibration inputs', async () => {
  const images = edgeImages(inputEdges[0]!, 2)
  const open = outputEdges.find(({ name }) => name === 'a map without a quantiser')!
  const { theirs, ours, report } = await bothOf(edgeModel('QDQ int8', inputEdges[0]!, open), images, undefined, images)
  expect(decibels(theirs, ours)).toBeGreaterThan(35)
  expect(report.warnings).toEqual([
    expect.stringMatching(/has no quantiser: .* over what the calibration inputs reach$/),
  ])
})

/** Drawn from one seed: a spelling and two edges. */
const pairs = Array.from({ length: 8 }, (_, seed) => {
  const draw = new SeededRandom(100 + seed)
  const spelling = draw.pick(spellings)
  const fitting = outputEdges.filter(({ only }) => only === undefined || only.some((each) => each === spelling))
  return { spelling, front: draw.pick(inputEdges), behind: draw.pick(fitting) }
})

it.each(pairs)('both: $spelling, $front.name, $behind.name', async ({ spelling, front, behind }) => {
  const images = edgeImages(front, 2)
  const { theirs, ours } = await bothOf(edgeModel(spelling, front, behind), images, behind.host)
  expect(decibels(theirs, ours)).toBeGreaterThan(25)
})

describe.each(['QDQ int8', 'QDQ uint8, 4 bits'] as const)('shortcuts that TensorRT leaves float, %s', (spelling) => {
  it.each([false, true])('are read in the codes of the quantiser beside (a pool before: %s)', async (stem) => {
    const images = edgeImages(inputEdges[0]!, 3)
    const { theirs, ours, report } = await bothOf(shortcuts(spelling, stem, true), images)
    const quantised = await bothOf(shortcuts(spelling, stem, false), images)
    expect(decibels(quantised.theirs, ours)).toBeGreaterThan(40)
    if (spelling === 'QDQ int8') expect(decibels(theirs, ours)).toBeGreaterThan(25)
    expect(quantised.report.warnings).toEqual([])
    expect(report.warnings).toEqual([
      expect.stringMatching(
        /^float in the model where some nodes read them, and taken in the codes of the quantiser beside: '/,
      ),
    ])
  })
})
