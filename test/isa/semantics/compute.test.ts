// COMPUTE column by column equals COMPUTE beat by beat.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { machines } from '../../../isa/model/machine.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { execute } from '../../../isa/semantics/execute.ts'
import type { Overflow } from '../../../isa/semantics/execution.ts'
import { executeComputeLiterally } from '../../../isa/semantics/literal.ts'
import { flag } from '../../../isa/weights/beats.ts'
import { randomPass } from './random-pass.ts'

const narrow: Machine = { ...machines.tiny, name: 'narrow', accumulatorBits: 16 }
const odd: Machine = {
  ...machines.tiny,
  name: 'odd',
  gridHeight: 3,
  gridWidth: 1,
  clusters: 1,
  banks: 8,
  accumulatorBits: 20,
}

describe('COMPUTE', () => {
  test.each([machines.tiny, narrow, odd])('the fast path equals the literal reading on $name', (machine) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const fast = randomPass(machine, seed)
        const slow = randomPass(machine, seed)
        execute(fast.state, fast.compute)
        executeComputeLiterally(slow.state, slow.compute)
        expect(Buffer.compare(fast.state.feature, slow.state.feature)).toBe(0)
        expect(fast.state.partialSums).toEqual(slow.state.partialSums)
        expect(fast.state.logits).toEqual(slow.state.logits)
      }),
      { numRuns: 40 },
    )
  })

  test('a second COMPUTE of the same beats uses their new values after the weight memory changed', () => {
    const { state, compute } = randomPass(machines.tiny, 3)
    execute(state, compute)
    const { weights } = state
    state.dram.constants = new Uint8Array(64 * 40)
    execute(state, { op: 'LOADW', wait: 0, signal: 0, region: 0, address: 0, beat: compute.beat, beats: 1 })
    const other = randomPass(machines.tiny, 3)
    executeComputeLiterally(other.state, other.compute)
    other.state.weights.values.set(weights.values)
    other.state.weights.flags.set(weights.flags)
    other.state.weights.ids.set(weights.ids)
    executeComputeLiterally(other.state, other.compute)
    execute(state, compute)
    expect(Buffer.compare(state.feature, other.state.feature)).toBe(0)
  })

  test('a cluster that overflows its accumulator is reported with its exact sum', () => {
    const seen: Overflow[] = []
    const { state, compute } = randomPass(narrow, 1)
    const beats = 20
    state.weights.values.fill(0)
    state.weights.flags.fill(0)
    for (let beat = 0; beat < beats; beat++) {
      state.weights.values[(beat * 2 + 1) * 8] = 7
      state.weights.flags[(beat * 2 + 1) * 1] = beat === 1 || beat === 2 || beat === 3 ? flag.shift : 0
    }
    for (let cluster = 0; cluster < 2; cluster++) state.weights.flags[(beats - 1) * 2 + cluster] = flag.end
    state.weights.ids.fill(0)
    state.tables.forEach(({ slots }) => (slots[0] = { base: 0, geometry: 0, signed: 0, fill: 15 }))
    state.feature.fill(15)
    execute(
      state,
      { ...compute, beat: 0, beats, accumulate: 0, laneSum: 0, logits: 0 },
      { overflow: (each) => seen.push(each) },
    )
    const truth = 15 * 7 * (16 ** 3 + 16 ** 2 + 16 + 17)
    expect(seen[0]).toMatchObject({ kind: 'cluster', row: 0, cluster: 1, part: 0, position: 0, value: truth })
  })
})
