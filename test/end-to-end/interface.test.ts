// Inputs and outputs of models: with all forms before the first layer and after the last, program and host compute what ONNX Runtime computes.

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
  imagesFor,
  interfaceModel,
  inputForms,
  type OutputForm,
  outputForms,
  shortcuts,
  modelFormats,
} from '../support/interface-models.ts'

/** The outputs of ONNX Runtime and of a compiled program for the same images. */
async function bothOf(
  graph: Graph,
  images: readonly Tensor[],
  host: OutputForm['host'] = (values) => values,
  given?: readonly Tensor[],
) {
  const file = writeOnnx(graph)
  const model = await openModel(file)
  const theirs: Tensor[] = []
  for (const image of images) theirs.push(...(await model.run(new Map([['x', image]]))).values())
  await model.close()
  const isFloat = !graph.nodes.some(({ op }) => op.includes('Linear'))
  // A float model is calibrated with inputs of its program.
  const isLast = graph.inputs[0]!.shape[3] === 3
  const first = isLast ? images.map((image) => permuted(image, [0, 3, 1, 2])) : images
  const calibration = first.map(({ data, shape }) => tensorOf('float32', data, shape))
  const compilation = compile(file, {
    name: 'interface',
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

/** 10 · log10 of signal over noise, of all outputs together; shapes must agree except for the batch. */
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

describe.each(modelFormats)('%s', (format) => {
  it.each(inputForms)('input: $name', async (form) => {
    const images = imagesFor(form, 2)
    const { theirs, ours } = await bothOf(interfaceModel(format, form, outputForms[0]!), images)
    expect(decibels(theirs, ours)).toBeGreaterThan(format === 'float' ? 30 : 40)
  })

  const supported = outputForms.filter(({ only }) => only === undefined || only.some((each) => each === format))
  it.each(supported)('output: $name', async (form) => {
    const images = imagesFor(inputForms[0]!, 2)
    const { theirs, ours, report } = await bothOf(interfaceModel(format, inputForms[0]!, form), images, form.host)
    const isOpen = form.isUnquantised && format !== 'float'
    expect(decibels(theirs, ours)).toBeGreaterThan(format === 'float' || isOpen ? 25 : form.of === 'map' ? 40 : 28)
    const warnings = report.warnings.filter((warning) => warning.includes("is the input of the model's last"))
    expect(warnings).toHaveLength(form.host === undefined ? 0 : 1)
    expect(report.warnings.some((warning) => warning.includes('has no quantiser'))).toBe(isOpen === true)
  })
})

it('a map without a quantiser as output gets the range of calibration inputs', async () => {
  const images = imagesFor(inputForms[0]!, 2)
  const open = outputForms.find(({ name }) => name === 'a map without a quantiser')!
  const { theirs, ours, report } = await bothOf(
    interfaceModel('QDQ int8', inputForms[0]!, open),
    images,
    undefined,
    images,
  )
  expect(decibels(theirs, ours)).toBeGreaterThan(35)
  expect(report.warnings).toEqual([
    expect.stringMatching(/has no quantiser: .* over what the calibration inputs reach$/),
  ])
})

/** A format, an input form and an output form for each seed. */
const pairs = Array.from({ length: 8 }, (_, seed) => {
  const draw = new SeededRandom(100 + seed)
  const format = draw.pick(modelFormats)
  const fitting = outputForms.filter(({ only }) => only === undefined || only.some((each) => each === format))
  return { format, input: draw.pick(inputForms), output: draw.pick(fitting) }
})

it.each(pairs)('both: $format, $input.name, $output.name', async ({ format, input, output }) => {
  const images = imagesFor(input, 2)
  const { theirs, ours } = await bothOf(interfaceModel(format, input, output), images, output.host)
  expect(decibels(theirs, ours)).toBeGreaterThan(25)
})

describe.each(['QDQ int8', 'QDQ uint8, 4 bits'] as const)('float shortcuts of TensorRT, %s', (format) => {
  it.each([false, true])('read the codes of the convolution’s quantiser (a pool before: %s)', async (stem) => {
    const images = imagesFor(inputForms[0]!, 3)
    const { theirs, ours, report } = await bothOf(shortcuts(format, stem, true), images)
    const quantised = await bothOf(shortcuts(format, stem, false), images)
    expect(decibels(quantised.theirs, ours)).toBeGreaterThan(40)
    if (format === 'QDQ int8') expect(decibels(theirs, ours)).toBeGreaterThan(25)
    expect(quantised.report.warnings).toEqual([])
    expect(report.warnings).toEqual([
      expect.stringMatching(
        /^float in the model where some nodes read them, and taken in the codes of the quantiser beside: '/,
      ),
    ])
  })
})
