// Words of DMA and of the drain at the write ports, in Verilator: COMPUTEs of one position write the banks as densely as possible, with changing start banks.
import { describe, expect, test } from 'vitest'
import type { InstructionOf } from '../../isa/instruction.ts'
import { lanes, machines, slotChannels } from '../../isa/model/machine.ts'
import { plainGeometry } from '../simulator/programs.ts'
import { random } from '../../base/random.ts'
import { createState } from '../../isa/semantics/state.ts'
import { flag } from '../../isa/weights/beats.ts'
import { buildMs } from './compare.ts'
import { computeBench, runBench, script } from './compute-bench.ts'
import { expectation } from './expectation.ts'
import type { RandomProgram } from './random-program.ts'
import { toolIsHere } from './verilator.ts'

const { tiny } = machines
const beats = tiny.rows / tiny.drainRows
const computes = 24
const loads = 64

/** Loads come every second cycle from the issue of the last COMPUTE on, when most codes are not written yet. */
function program(seed: number): RandomProgram {
  const uniform = random(seed)
  const draw = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1))
  const state = createState(tiny)
  state.parameters.bias.fill(5)
  state.parameters.multiplier.fill(1)
  // The banks read, although no row uses the words.
  state.tables[0].geometries[0] = plainGeometry(1, 1)
  for (let cluster = 0; cluster < tiny.clusters; cluster++) {
    state.weights.flags[(beats - 1) * tiny.clusters + cluster] = flag.end
  }
  const steps: RandomProgram['steps'][number][] = []
  for (let i = 0; i < computes; i++) {
    const layer: InstructionOf<'LAYER'> = { op: 'LAYER', wait: 0, signal: 0, block: 0, patchHeight: 1, patchWidth: 1, planeStride: 1, wide: draw(0, 3) === 0 ? 0 : 1, startBank: draw(0, tiny.banks - 1), zeroPoint: 0, low: 0, high: 15, validHeight: 2, validWidth: 2 } // prettier-ignore
    const compute: InstructionOf<'COMPUTE'> = { op: 'COMPUTE', wait: 0, signal: 0, beat: 0, beats, group: 0, output: 2 * i, gap: draw(0, 5) === 0 ? draw(1, 3) : 0, firstRow: 0, rows: 1, laneSum: 0, accumulate: 0, logits: 0 } // prettier-ignore
    steps.push({ instruction: layer, delay: 0 }, { instruction: compute, delay: 0 })
  }
  const words = slotChannels(tiny) * lanes(tiny)
  return {
    state,
    steps,
    loads: Array.from({ length: loads }, (_, i) => ({
      address: tiny.featureWords - loads + i,
      words: Uint8Array.from({ length: words }, () => draw(0, 15)),
      delay: 1,
    })),
  }
}

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('DMA at the write ports, in Verilator', () => {
  test('loses no word when start banks change without a gap', { timeout: buildMs }, () => {
    const seeds = Array.from({ length: 50 }, (_, i) => i)
    const expected = seeds.map((seed) => expectation(program(seed)))
    const scripts = seeds.map((seed, i) => script(program(seed), expected[i]!.cycles))
    runBench(computeBench(tiny), scripts).forEach(({ events, memories }, i) => {
      expect({ seed: seeds[i], events }).toEqual({ seed: seeds[i], events: expected[i]!.events })
      expect({ seed: seeds[i], feature: memories.filter(isFeature) }).toEqual({
        seed: seeds[i],
        feature: expected[i]!.memories.filter(isFeature),
      })
    })
  })
})

const isFeature = (line: string): boolean => line.startsWith('m')
