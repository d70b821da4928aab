// Programs with several images in a run: each image's codes are the oracle's, and a run takes fewer cycles than its images one by one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { build } from '../../examples/resnet8/build.ts'
import { readProgram } from '../../isa/container/read.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { imagesPerRun, type Program } from '../../isa/program.ts'
import { Simulator, simulateTiming } from '../../simulator/simulate.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'

const sizes = { mostChannels: 20, mostSide: 11, mostLayers: 5 }
const roomy: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 4096, parameterGroups: 256 }

/** Runs a program twice on different images: all outputs must be the oracle's codes, without a hazard. */
function runTwice(program: Program, graph: IntegerGraph): void {
  expect(verifyProgram(program)).toEqual([])
  const simulator = new Simulator(program)
  expect(simulator.init().hazards).toEqual([])
  for (const run of [0, 1]) {
    const codes = program.inputs.map((_, image) => randomCodes(graph.input, 10 * run + image))
    const inputs = program.inputs.map((tensor, i) => [tensor.name, packTensor(codes[i]!, tensor, program.machine)])
    const { outputs, hazards, overflows } = simulator.infer(Object.fromEntries(inputs) as Record<string, Uint8Array>)
    expect({ hazards, overflows }).toEqual({ hazards: [], overflows: [] })
    program.outputs.forEach((tensor, image) => {
      const oracle = evaluateInteger(graph, codes[image]!)
      expect(Int32Array.from(unpackTensor(outputs[tensor.name]!, tensor, program.machine))).toEqual(
        Int32Array.from(oracle.logits ?? oracle.maps.get(graph.output)!),
      )
    })
  }
}

describe('several images in a run', () => {
  const machinesOf = { resident: roomy, streamed: { ...roomy, weightBeats: 2048 } }
  test.each(['resident', 'streamed'] as const)('have the oracle’s codes, with %s weights', (weightsIn) => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 2, max: 4 }), (seed, images) => {
        const graph = randomGraph(seed, sizes)
        const { program } = compileGraph(graph, { name: 'random', machine: machinesOf[weightsIn], weightsIn, images })
        expect(imagesPerRun(program)).toBe(images)
        runTwice(program, graph)
      }),
      { numRuns: 40 },
    )
  })

  test('have tensors and layers of their own in the file', () => {
    const graph = randomGraph(3, sizes)
    const { program } = compileGraph(graph, { name: 'random', machine: roomy, images: 3 })
    expect(readProgram(writeProgram(program), 'p')).toEqual(program)
    expect(program.inputs.map(({ name, image }) => [name, image])).toEqual(
      [0, 1, 2].map((image) => [`${graph.input.name}[${image}]`, image]),
    )
    const one = compileGraph(graph, { name: 'random', machine: roomy }).program
    expect(program.layers.map(({ name }) => name)).toEqual([0, 1, 2].flatMap(() => one.layers.map(({ name }) => name)))
    expect(program.constants.length).toBe(one.constants.length)
    expect(imagesPerRun(one)).toBe(1)
    expect(one.inputs[0]).not.toHaveProperty('image')
  })

  test('of ResNet-8 hide the end and most of the start of an image, and are refused if the instruction memory is too small', () => {
    const options = { name: 'resnet8', machine: machines.edge, density: 0.25 }
    const one = simulateTiming(compile(build(), options).program)
    const run = simulateTiming(compile(build(), { ...options, images: 4 }).program)
    const four = run.cycles
    // Logits, which are no convolutions, lie between the convolutions of two images.
    expect(run.convolution.usefulMacs).toBe(4 * one.convolution.usefulMacs)
    expect(Math.abs(run.convolution.efficiency - one.convolution.efficiency)).toBeLessThan(0.01)
    expect(4 * one.cycles - four).toBeGreaterThanOrEqual(3 * (one.endCycles + one.startCycles / 2))
    const small = { ...machines.edge, instructionWords: 128 }
    expect(() => compile(build(), { ...options, machine: small, images: 4 })).toThrow(/use --images-per-run \d/)
  })
})
