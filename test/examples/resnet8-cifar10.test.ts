// The re-trained ResNet-8: its programs compute what the ONNX files state, and classify the drawn samples correctly.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodePicture } from '../../toolchain/files/image.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { classifyPictures, compileTrained, samples } from '../../examples/resnet8-cifar10/classify.ts'
import { classes } from '../../examples/resnet8-cifar10/classes.ts'
import { inputCodes } from '../../host/images.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { simulate } from '../../simulator/simulate.ts'

const trained = compileTrained()

test('has the zeros that it was pruned to', () => {
  expect(trained.report.density).toBeLessThan(0.26)
  expect(trained.report.density).toBeGreaterThan(0.2)
})

test('is simulated as the integer graph is evaluated, a pixel of the image being its own code', async () => {
  const { program, graph } = trained
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const { data } = await decodePicture(readFileSync(`${samples}/ship-1.png`), 'ship-1.png')
  const codes = inputCodes({ kind: 'pixels', data }, input)
  expect(Array.from(codes)).toEqual([...data])
  const { outputs, hazards, overflows } = simulate(program, { [input.name]: packTensor(codes, input, program.machine) })
  const found = unpackTensor(outputs[output.name]!, output, program.machine)
  expect([...found]).toEqual([...evaluateInteger(graph, Int16Array.from(codes)).logits!])
  expect([hazards, overflows]).toEqual([[], []])
})

test('classifies most samples correctly', async () => {
  const classified = await classifyPictures(trained, samples)
  const correct = classified.filter(({ picture, classes: [first] }) => picture.startsWith(first!))
  expect(correct.length).toBeGreaterThanOrEqual(0.8 * classified.length)
  for (const { classes: predicted } of classified) for (const name of predicted) expect(classes).toContain(name)
})

test('refuses a folder without pictures', async () => {
  await expect(classifyPictures(trained, `${samples}/none`)).rejects.toThrow(/holds no picture/)
})
