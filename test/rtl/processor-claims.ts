// The claims about the whole processor in Verilator on a machine, for the everyday and the long tests.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { packTensor } from '../../isa/packing.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'
import { counterexample } from './shrink.ts'

const buildMs = 300_000
const graphSizes = { mostChannels: 12, mostSide: 9, mostLayers: 3 }
const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000
const isHere = process.env['CI'] === 'true' || missingTools().length === 0

/** Tests that the RTL of a machine has the simulator's bytes and cycles. */
export function testProcessor(machine: Machine): void {
  describe.skipIf(!isHere)(`the processor in Verilator: ${machine.name}`, () => {
    let processor: Processor
    beforeAll(async () => {
      processor = await Processor.open(machine, { randomState: seedBase })
    }, buildMs)
    afterAll(() => processor?.close())

    test('100 random programs: the simulator’s bytes and cycles', async () => {
      for (let seed = seedBase; seed < seedBase + 100; seed++) {
        expect(await counterexample(processor, randomProgram(machine, seed, 1 + (seed % 5)))).toBeUndefined()
      }
    })

    test('8 compiled random graphs: the simulator’s bytes and cycles', async () => {
      for (let seed = seedBase; seed < seedBase + 8; seed++) {
        expect(await counterexample(processor, compiled(machine, seed))).toBeUndefined()
      }
    })

    test.each([
      ['random latencies', { randomLatency: 1 }],
      ['pauses on every channel', { backPressure: 2 }],
      ['both', { randomLatency: 3, backPressure: 4 }],
    ])('20 random programs with %s of DRAM: the same bytes', { timeout: buildMs }, async (_, disturbance) => {
      const disturbed = await Processor.open(machine, disturbance)
      for (let seed = seedBase; seed < seedBase + 20; seed++) {
        expect(await counterexample(disturbed, randomProgram(machine, seed, 1 + (seed % 5)), 'values')).toBeUndefined()
      }
      await disturbed.close()
    })
  })
}

function compiled(machine: Machine, seed: number): ProgramCase {
  const graph = randomGraph(seed, graphSizes)
  const { program } = compileGraph(graph, { name: graph.name, machine })
  const [input] = program.inputs
  return { program, inputs: { [input!.name]: packTensor(randomCodes(graph.input, seed), input!, machine) } }
}
