// Cycles of hand-computed programs on `tiny`, each number by formula from isa/timing.ts.
import { describe, expect, test } from 'vitest'
import type { Instruction, InstructionOf } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import * as timing from '../../isa/timing.ts'
import { runTiming } from '../../simulator/run-timing.ts'
import { halt, instruction } from './programs.ts'

const machine = machines.tiny
const latency = machine.dramLatencyCycles
const start = timing.startToDispatchCycles
const layer = instruction('LAYER', { patchHeight: 4, patchWidth: 4, planeStride: 16, high: 15 })
const run = (...program: readonly Instruction[]) => runTiming(machine, [...program, halt], 0)
const compute = (fields: Partial<InstructionOf<'COMPUTE'>> = {}) =>
  instruction('COMPUTE', { beats: 4, rows: 4, ...fields })

describe('dispatch and queues', () => {
  test('an empty program takes dispatch, halt and interrupt', () => {
    expect(run().cycles).toBe(start + 1 + timing.haltToInterruptCycles)
  })

  test('one instruction a cycle is dispatched and issues a cycle later', () => {
    const { records } = run(layer, layer, layer)
    expect(records.slice(0, 3).map(({ dispatch, issue }) => [dispatch, issue])).toEqual([
      [start, start + 1],
      [start + 1, start + 2],
      [start + 2, start + 3],
    ])
  })

  test('a full queue stalls dispatch, of other queues too, until an entry was free at the start of the cycle', () => {
    const { records } = run(layer, compute(), compute(), compute(), compute(), instruction('LOADW', { signal: 0 }))
    const issued = records[2]!.issue
    expect(issued).toBe(records[1]!.last)
    expect(records[4]!.dispatch).toBe(issued + 1)
    expect(records[5]!.dispatch).toBe(issued + 2)
  })

  test('a signal at t counts from t + 1, and a wait decrements it', () => {
    const { records } = run(instruction('LOADW', { signal: 1 }), layer, compute({ wait: 1 }))
    expect(records[0]!.retire).toBe(start + 2)
    expect(records[2]!.issue).toBe(Math.max(records[0]!.retire + 1, records[2]!.dispatch + 1))
  })
})

describe('the compute queue', () => {
  test('COMPUTEs follow each other without a lost cycle, and a gap adds its cycles', () => {
    const { records } = run(layer, compute(), compute(), compute({ gap: 5 }))
    const [, a, b, c] = records
    expect(a!.last - a!.first + 1).toBe(4 * 16)
    expect(b!.first).toBe(a!.last + 1)
    expect(c!.first).toBe(b!.last + 1 + 5)
    expect(a!.retire).toBe(a!.last + timing.beatToWriteCycles + 4 - 1)
  })

  test('another unit begins after the last write', () => {
    const pool = instruction('POOL', { rows: 4, slots: 2, wide: 1, windowHeight: 2, windowWidth: 3 })
    const move = instruction('MOVE', { rows: 4, slots: 1 })
    const { records } = run(layer, compute(), pool, move, compute())
    const [, a, p, m, b] = records
    expect(p!.issue).toBe(a!.retire + 1)
    expect(p!.last - p!.first + 1).toBe(16 * 2 * 2 * 6)
    expect(p!.retire).toBe(p!.last + timing.bankBeatToWriteCycles)
    expect(m!.issue).toBe(p!.retire + 1)
    expect(m!.last - m!.first + 1).toBe(16 * timing.leastWordBeats)
    const far = run(layer, instruction('MOVE', { rows: 4, slots: 1, laneRows: -2, laneColumns: 1 })).records[1]!
    expect(far.last - far.first + 1).toBe(16 * timing.torusCycles * 3)
    expect(b!.issue).toBe(m!.retire + 1)
  })

  test('REPATCH takes a beat for every lane of a word, and issues after the last write of a MOVE', () => {
    const repatch = instruction('REPATCH', { rows: 3, slots: 2, wide: 1 })
    const { records } = run(layer, instruction('MOVE', { rows: 4, slots: 1 }), repatch, repatch)
    const [, m, first, second] = records
    expect(first!.issue).toBe(m!.retire + 1)
    expect(first!.last - first!.first + 1).toBe(12 * 2 * 2 * 4)
    expect(first!.retire).toBe(first!.last + timing.bankBeatToWriteCycles)
    expect(second!.first).toBe(first!.last + 1)
  })

  test('a COMPUTE behind requantised lane sums waits until the write port is free', () => {
    const { records } = run(layer, compute({ laneSum: 1 }), compute(), compute({ laneSum: 1, logits: 1 }), compute())
    expect(records[2]!.first).toBe(records[1]!.last + 1 + timing.laneSumCycles)
    expect(records[4]!.first).toBe(records[3]!.last + 1)
    expect(records[3]!.retire).toBe(records[3]!.last + timing.beatToLogitsCycles + 3)
  })
})

describe('retirement in the compute queue', () => {
  test('keeps its order, one a cycle, where logits are written in the same cycle as the codes before', () => {
    const one = instruction('LAYER', { patchHeight: 1, patchWidth: 1, planeStride: 1, high: 15 })
    const { records } = run(one, compute({ rows: 1 }), compute({ rows: 1, laneSum: 1, logits: 1 }))
    expect(records[2]!.last + timing.beatToLogitsCycles).toBe(records[1]!.last + timing.beatToWriteCycles)
    expect(records[2]!.retire).toBe(records[1]!.retire + 1)
  })
})

describe('DRAM', () => {
  // 3 channels of 16 bits: one beat of 64 bits a position.
  const load = (fields: Partial<InstructionOf<'LOAD'>> = {}) =>
    instruction('LOAD', { region: 1, positions: 10, planeStride: 16, channels: 3, ...fields })

  test('LOAD takes a beat every second cycle where a word group is one beat', () => {
    const { records } = run(load())
    const [l] = records
    expect(l!.first).toBe(l!.issue + timing.issueToAddressCycles)
    expect([...l!.steps!]).toEqual(Array.from({ length: 10 }, (_, i) => l!.first + latency + 2 * i))
    expect(l!.retire).toBe(l!.last + timing.loadBeatToRetireCycles)
  })

  test('LOAD takes a beat a cycle where a word group is more than one', () => {
    const { records } = run(load({ channels: 8 }), load({ channels: 8 }))
    const [l, next] = records
    const from = l!.first + latency + 1
    expect([...l!.steps!]).toEqual(Array.from({ length: 10 }, (_, group) => from + 2 * group))
    expect(next!.steps![0]).toBe(l!.last + timing.loadGroupCycles + 1)
  })

  test('a LOAD beat that waits delays the parameter data behind it', () => {
    const { records } = run(load(), instruction('LOADP', { groups: 1 }))
    const [l, p] = records
    expect(p!.first).toBe(l!.first + 1)
    expect(p!.last).toBe(l!.last + 8)
    expect(p!.retire).toBe(p!.last + timing.parameterBeatToWriteCycles)
  })

  test('load and parameter alternate on the address channel, load first', () => {
    // Bursts of 256 beats: five for the weights, which are requested a cycle earlier, four for the map; so W L W L W L W L W.
    const { records } = run(instruction('LOADW', { beats: 342 }), load({ positions: 1024 }))
    const [w, l] = records
    expect(l!.first).toBe(w!.first + 1)
    const beat256 = 85
    expect(w!.steps![beat256 - 1]).toBe(w!.first + latency + 254)
    expect(l!.steps![0]).toBe(w!.first + latency + 256)
    expect(w!.steps![beat256]).toBe(l!.steps![255]! + 2)
    expect(l!.last).toBeLessThan(w!.last)
    expect(l!.last).toBeGreaterThan(w!.steps![4 * 85]!)
  })

  test('at most `outstandingBursts` reads are outstanding', () => {
    const slow = { ...machine, outstandingBursts: 1 }
    // A beat of weights is three data beats, a burst 256.
    const { records } = runTiming(slow, [instruction('LOADW', { beats: 100 }), halt], 0)
    const beats = records[0]!.steps!
    const firstBurstEnds = records[0]!.first + latency + 255
    expect(beats[84]).toBe(firstBurstEnds - 1)
    expect(beats[85]).toBe(firstBurstEnds + 1 + latency + 1)
  })

  test('transfers retire in order, one a cycle, empty ones too', () => {
    const empty = instruction('LOADW')
    const { records } = run(instruction('LOADP', { groups: 1 }), empty, empty)
    expect(records[1]!.retire).toBe(records[0]!.retire + 1)
    expect(records[2]!.retire).toBe(records[0]!.retire + 2)
  })

  test('STORE sends an address, then its groups; a group is read while the one before is sent', () => {
    // 8 channels of 16 bits: two beats a position.
    const store = instruction('STORE', { region: 2, positions: 3, planeStride: 16, channels: 8 })
    const { records } = run(store)
    const [s] = records
    expect(s!.first).toBe(s!.issue + timing.storeIssueToReadCycles)
    const firstBeat = s!.first + timing.storeReadToBeatCycles
    const perGroup = 1 + timing.storeReadToBeatCycles
    expect([...s!.steps!]).toEqual([s!.first, firstBeat + 1, firstBeat + 1 + perGroup])
    expect(s!.retire).toBe(s!.last + timing.storeReadToBeatCycles + 1 + latency)
  })

  test('STOREL gathers a data beat from as many words of R logits as it takes', () => {
    const cycles = (axiBits: number, drainRows: number): number => timing.logitsBeatCycles({ axiBits, drainRows })
    expect([cycles(64, 2), cycles(512, 8), cycles(64, 8), cycles(128, 3)]).toEqual([1, 2, 1, 3])
    const wide = { ...machine, axiBits: 256 }
    const { records } = runTiming(wide, [instruction('STOREL', { region: 2, count: 20 }), halt], 0)
    expect(records[0]!.last - records[0]!.first).toBe(timing.storeReadToBeatCycles + 3 + 2 * 4)
  })

  test('STOREL sends a beat a cycle and retires at the response', () => {
    const { records } = run(instruction('STOREL', { region: 2, count: 20 }))
    const [s] = records
    expect(s!.last - s!.first).toBe(timing.storeReadToBeatCycles + 9)
    expect(s!.retire).toBe(s!.last + latency)
  })
})

describe('programs that end with an error', () => {
  test('a deadlock names the heads and their semaphores', () => {
    const program = [layer, compute({ wait: 2 }), instruction('LOADW', { wait: 4, signal: 2 })]
    expect(() => run(...program)).toThrow(
      /deadlock: instruction 2 \(LOADW\), the head of the parameter queue, waits for semaphore 2, which nothing signals; instruction 1 \(COMPUTE\), the head of the compute queue, waits for semaphore 1, which instruction 2 \(LOADW\) signals, the head of the parameter queue; HALT waits for the queues/,
    )
  })

  test('a semaphore left above zero, above 255 or with two producers is an error', () => {
    expect(() => run(instruction('LOADW', { signal: 8 }))).toThrow(/semaphore 3 is 1 at HALT/)
    const many = Array.from({ length: 256 }, () => instruction('LOADW', { signal: 1 }))
    expect(() => run(...many)).toThrow(/#255 LOADW.*semaphore 0 rises above 255/)
    expect(() => run(instruction('LOADW', { signal: 1 }), { ...layer, signal: 1 })).toThrow(
      /semaphore 0, as the parameter queue does/,
    )
  })

  test('an illegal word stops the program', () => {
    expect(() => run({ op: 'Illegal', word: 63n, reason: 'no such opcode' })).toThrow(/Illegal 0x3f \(no such opcode\)/)
    expect(() => run(instruction('LOAD'))).toThrow(/#0 LOAD.*positions is at least 1/)
    expect(() => run(instruction('LOAD', { positions: 1 }))).toThrow(/#0 LOAD.*channels is at least 1/)
  })
})
