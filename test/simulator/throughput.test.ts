// Runs back to back: a run gives the same on a machine that ran others before, and rates follow from cycles.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { packTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import { simulateImages } from '../../simulator/images.ts'
import { simulate, simulateTiming } from '../../simulator/simulate.ts'
import { throughputOf } from '../../simulator/throughput.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'

const large: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 4096, parameterGroups: 256 }

function compiled(
  seed: number,
  images: number,
): { program: Program; inputs: (run: number) => Record<string, Uint8Array> } {
  const graph = randomGraph(seed, { mostChannels: 12, mostSide: 9, mostLayers: 4 })
  const { program } = compileGraph(graph, { name: 'random', machine: large, images })
  const inputs = (run: number) =>
    Object.fromEntries(
      program.inputs.map((tensor, i) => [
        tensor.name,
        packTensor(randomCodes(graph.input, 100 * run + i), tensor, large),
      ]),
    )
  return { program, inputs }
}

describe('runs back to back', () => {
  test('give what each gives on a new machine', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), fc.integer({ min: 1, max: 2 }), (seed, images) => {
        const { program, inputs } = compiled(seed, images)
        const { runs, hazards } = simulateImages(program, [inputs(0), inputs(1), inputs(0)])
        expect(hazards).toEqual([])
        for (const [run, { outputs, timing }] of runs.entries()) {
          const alone = simulate(program, inputs(run % 2))
          expect(outputs).toEqual(alone.outputs)
          expect(timing.cycles).toBe(alone.cycles)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('are finished in their order, the last of a run just before the interrupt', () => {
    const { program } = compiled(3, 4)
    const run = simulateTiming(program)
    const { storedCycles, cyclesPerRun, cyclesPerImage, imagesPerSecond, hostBytes } = throughputOf(program, run, 100)
    expect(storedCycles).toEqual(storedCycles.toSorted((a, b) => a - b))
    expect(new Set(storedCycles).size).toBe(4)
    // The last response, HALT, the interrupt.
    expect(storedCycles[3]).toBe(run.cycles - 2)
    expect(cyclesPerRun).toBe(run.cycles)
    expect(cyclesPerImage).toBe(run.cycles / 4)
    expect(imagesPerSecond).toBeCloseTo(4e8 / run.cycles, 6)
    expect(hostBytes).toEqual({ input: program.inputs[1]!.bytes, output: program.outputs[1]!.bytes })
  })
})
