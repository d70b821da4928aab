// The first cycle in which a written word can be read, from which gaps and hazards are counted.
import { describe, expect, test } from 'vitest'
import type { InstructionOf } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import { createState } from '../../isa/semantics/state.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import { beatToReadCycles, beatToWriteCycles } from '../../isa/timing.ts'
import { flag } from '../../isa/weights/beats.ts'
import { computeBench, runBench, script } from './compute-bench.ts'
import { toolIsHere } from './verilator.ts'

const { tiny } = machines
const written = 100
const before = 2
const after = 5

/** The first COMPUTE writes `after` to every bank at `written`, the second copies lane by lane what its first beat reads there. */
function program(gap: number): {
  state: MachineState
  steps: { instruction: InstructionOf<'LAYER'> | InstructionOf<'COMPUTE'>; delay: number }[]
} {
  const state = createState(tiny)
  state.feature.fill(before)
  state.parameters.bias.fill(after, 0, tiny.rows)
  state.parameters.multiplier.fill(1, 0, 2 * tiny.rows)
  const geometry = { pitch: 1, height: 1, strideY: 1, strideX: 1, offsetY: 0, offsetX: 0, dilationY: 0, dilationX: 0, columnBits: 0, validHeight: 2, validWidth: 2, planeStride: 1 } // prettier-ignore
  state.tables[0].geometries[0] = geometry
  state.tables[0].slots[0] = { base: written, geometry: 0, signed: 0, fill: 0 }
  // Beats 0 to 3 do nothing; beats 4 to 7: row 0 takes bank 0 of cluster 0 in the first beat.
  const end = (beat: number): void => {
    for (let cluster = 0; cluster < tiny.clusters; cluster++)
      state.weights.flags[beat * tiny.clusters + cluster] = flag.end
  }
  end(3)
  end(7)
  state.weights.values[4 * tiny.clusters * tiny.rows] = 1
  const layer: InstructionOf<'LAYER'> = { op: 'LAYER', wait: 0, signal: 0, block: 0, patchHeight: 1, patchWidth: 1, planeStride: 1, wide: 0, startBank: 0, zeroPoint: 0, low: 0, high: 15, validHeight: 2, validWidth: 2 } // prettier-ignore
  const compute = {
    op: 'COMPUTE',
    wait: 0,
    signal: 0,
    beats: 4,
    firstRow: 0,
    rows: 1,
    laneSum: 0,
    accumulate: 0,
    logits: 0,
  } as const
  return {
    state,
    steps: [
      { instruction: layer, delay: 0 },
      { instruction: { ...compute, beat: 0, group: 0, output: written, gap: 0 }, delay: 0 },
      { instruction: { ...compute, beat: 4, group: 1, output: 200, gap }, delay: 0 },
    ],
  }
}

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))(
  'a word written at the end of cycle w, in Verilator',
  () => {
    // The read of the second COMPUTE's first beat falls in the cycle of the first one's write with this gap.
    const sameCycle = beatToWriteCycles - beatToReadCycles - 1

    test.each([
      { when: 'in w', gap: sameCycle, value: before },
      { when: 'in w + 1', gap: sameCycle + 1, value: after },
    ])('is $value when read $when', { timeout: 240_000 }, ({ gap, value }) => {
      const [outcome] = runBench(computeBench(tiny), [script(program(gap), 200)])
      const copied = outcome!.events.filter((line) => /^w \d+ 0 200 /.test(line)).map((line) => line.split(' ')[4])
      expect(copied).toEqual([`${value}`.repeat(4)])
    })
  },
)
