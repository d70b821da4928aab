// A whole network in Verilator: ResNet-8 at 75 % zeros on `edge`, with the simulator's bytes and cycles and the oracle's logits.
import { expect, test } from 'vitest'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { build } from '../../examples/resnet8/build.ts'
import { inputCodes, seededInput } from '../../host/images.ts'
import { openVerilator } from '../../host/verilator.ts'
import { firstCycleDifference } from '../../host/verilator/compare.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { machines } from '../../isa/model/machine.ts'
import { packTensor } from '../../isa/packing.ts'
import { Simulator } from '../../simulator/simulate.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const machine = machines.edge

test.skipIf(!isHere)('ResNet-8 on edge, image after image, as a host runs it', { timeout: 400_000 }, async () => {
  const { program, graph } = compile(build(), { name: 'resnet8', machine, density: 0.25 })
  const [input] = elements(program.inputs, 1)
  const [output] = elements(program.outputs, 1)
  const device = await openVerilator(machine)
  const simulator = new Simulator(program)
  expect(firstCycleDifference(program, simulator.init().timing, await device.load(program))).toBeUndefined()
  for (const seed of [1, 2]) {
    const codes = inputCodes(seededInput(input, seed), input)
    device.writeInput(input.name, codes)
    device.start()
    const run = await device.wait()
    const { timing } = simulator.infer({ [input.name]: packTensor(codes, input, machine) })
    expect(firstCycleDifference(program, timing, run)).toBeUndefined()
    expect(device.readOutput(output.name)).toEqual(evaluateInteger(graph, Int16Array.from(codes)).logits)
  }
  await device.close()
})
