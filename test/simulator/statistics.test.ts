// Statistics add up for every program; traces have a fixed text.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import type { LayerRecord } from '../../isa/program.ts'
import * as timing from '../../isa/timing.ts'
import { runTiming } from '../../simulator/run-timing.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { imageStatistics } from '../../simulator/statistics.ts'
import type { Activity } from '../../simulator/statistics.ts'
import { traceJson, traceText } from '../../simulator/trace.ts'
import { drawing } from '../isa/semantics/random-pass.ts'
import { instruction, program } from './programs.ts'

const layer = instruction('LAYER', { patchHeight: 4, patchWidth: 4, planeStride: 16, high: 15 })

/** Layers of random instructions that wait for the load and parameter queues; every signal is waited for. */
function randomLayers(seed: number): { readonly infer: LegalInstruction[]; readonly layers: LayerRecord[] } {
  const draw = drawing(seed)
  const infer: LegalInstruction[] = []
  const layers: LayerRecord[] = []
  const base = 1 + 0
  for (let i = 0; i < draw(1, 5); i++) {
    let wait = 0
    if (draw(0, 1) === 1) {
      infer.push(
        instruction('LOAD', { region: 1, positions: draw(1, 40), planeStride: 64, channels: draw(1, 20), signal: 1 }),
      )
      wait |= 1
    }
    if (draw(0, 1) === 1) {
      infer.push(instruction('LOADW', { beats: draw(0, 60), signal: 2 }))
      wait |= 2
    }
    const first = base + infer.length
    infer.push({ ...layer, wait })
    for (let k = 0; k < draw(1, 3); k++) infer.push(randomSequenced(draw))
    layers.push({
      name: `layer ${i}`,
      kind: 'linear',
      first,
      end: base + infer.length,
      shape: [1, 1, 1],
      usefulMacs: draw(0, 9999),
      nonZeros: 0,
      weights: 0,
      boundBeats: 0,
      beats: 0,
    })
  }
  if (draw(0, 1) === 1) infer.push(instruction('STOREL', { region: 2, count: draw(1, 30) }))
  return { infer, layers }
}

function randomSequenced(draw: ReturnType<typeof drawing>): LegalInstruction {
  const range = { rows: draw(1, 4), gap: draw(0, 1) * draw(0, 20) }
  switch (draw(0, 6)) {
    case 0:
      return instruction('POOL', {
        ...range,
        slots: draw(1, 2),
        windowHeight: draw(1, 3),
        windowWidth: 2,
        wide: draw(0, 1),
      })
    case 1:
      return instruction('MOVE', { ...range, slots: 1 })
    case 6:
      return instruction('REPATCH', { ...range, slots: 1 })
    case 2:
      return instruction('STORE', { region: 2, positions: draw(1, 20), planeStride: 32, channels: draw(1, 20) })
    case 3:
      return instruction('COMPUTE', { ...range, beats: draw(4, 9), laneSum: 1, logits: draw(0, 1) })
    default:
      return instruction('COMPUTE', { ...range, beats: draw(4, 30) })
  }
}

describe('statistics', () => {
  test('activities, layers, start and end each add up to all cycles', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { infer, layers } = randomLayers(seed)
        const statistics = simulateTiming(program({ infer, layers }))
        const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
        expect(sum(Object.values(statistics.breakdown))).toBe(statistics.cycles)
        expect(statistics.startCycles + sum(statistics.layers.map(({ cycles }) => cycles)) + statistics.endCycles).toBe(
          statistics.cycles,
        )
        for (const each of statistics.layers) expect(sum(Object.values(each.breakdown))).toBe(each.cycles)
        const inLayers = (activity: Activity): number => sum(statistics.layers.map((each) => each.breakdown[activity]))
        for (const unit of ['COMPUTE', 'POOL', 'MOVE', 'REPATCH'] as const)
          expect(inLayers(unit)).toBe(statistics.breakdown[unit])
        expect(statistics.convolution.cycles).toBeLessThanOrEqual(statistics.cycles)
      }),
      { numRuns: 150 },
    )
  })

  test('causes state what a layer waited for', () => {
    const compute = instruction('COMPUTE', { beats: 10, rows: 4 })
    const load = instruction('LOAD', { region: 1, positions: 500, channels: 8, signal: 1 })
    const infer = [
      layer,
      compute,
      { ...compute, gap: 9 },
      instruction('MOVE', { rows: 1, slots: 1 }),
      load,
      { ...compute, wait: 1 },
    ]
    const run = runTiming(machines.tiny, program({ infer }).instructions, 1)
    const { breakdown } = imageStatistics(program({ infer }), run)
    expect(breakdown.COMPUTE).toBe(3 * 160)
    expect(breakdown.gap).toBe(9)
    expect(breakdown.MOVE).toBe(4 * timing.leastWordBeats)
    const [, , b, move, , last] = run.records
    const idle = move!.first - 1 - b!.last + (last!.first - 1 - move!.last)
    // One cycle more: before LAYER is in its queue.
    expect(breakdown['unit change'] + breakdown.load + breakdown.dispatch).toBe(idle + 1)
    expect(breakdown['unit change']).toBeGreaterThanOrEqual(timing.beatToWriteCycles)
    expect(breakdown.load).toBeGreaterThan(0)
  })

  test('convolution phases leave out pools and lane sums', () => {
    const compute = instruction('COMPUTE', { beats: 10, rows: 4 })
    const pool = instruction('POOL', { rows: 4, slots: 1, windowHeight: 2, windowWidth: 2 })
    const infer = [layer, compute, pool, compute, { ...compute, laneSum: 1, logits: 1 }]
    const layers = [
      { name: 'a', first: 1, end: 3, usefulMacs: 1000 },
      { name: 'b', first: 3, end: 4, usefulMacs: 0 },
      { name: 'c', first: 4, end: 5, usefulMacs: 500 },
      { name: 'd', first: 5, end: 6, usefulMacs: 70 },
    ].map((each): LayerRecord => ({
      ...each,
      kind: 'linear',
      shape: [1, 1, 1],
      nonZeros: 0,
      weights: 0,
      boundBeats: 0,
      beats: 0,
    }))
    const statistics = simulateTiming(program({ infer, layers }))
    const [, a, b, c] = statistics.perInstruction
    expect(statistics.convolution.usefulMacs).toBe(1500)
    expect(statistics.convolution.cycles).toBe(c!.retire + 1 - a!.first - (b!.retire + 1 - b!.first))
    expect(statistics.usefulMacs).toBe(1570)
    expect(statistics.efficiency).toBe(1570 / (64 * statistics.cycles))
  })
})

describe('traces', () => {
  const infer = [layer, instruction('COMPUTE', { beats: 4, rows: 1 })]
  const { instructions } = program({ infer })
  const run = runTiming(machines.tiny, instructions, 1)

  test('a line for each issue and retirement', () => {
    const { issue, retire } = run.records[1]!
    const pad = (cycle: number): string => String(cycle).padStart(8)
    expect(traceText(instructions, run).split('\n')).toEqual([
      `${pad(4)} issue      1 compute   LAYER patchHeight=4 patchWidth=4 planeStride=16 high=15`,
      `${pad(4)} retire     1 compute`,
      `${pad(issue)} issue      2 compute   COMPUTE beats=4 rows=1`,
      `${pad(retire)} retire     2 compute`,
      `${pad(retire + 1)} issue      3 control   HALT`,
      `${pad(retire + 1)} retire     3 control`,
      '',
    ])
  })

  test('the same as JSON', () => {
    const parsed = JSON.parse(traceJson(instructions, run)) as {
      cycles: number
      instructions: { index: number; retire: number }[]
    }
    expect(parsed.cycles).toBe(run.cycles)
    expect(parsed.instructions.map(({ index }) => index)).toEqual([1, 2, 3])
  })
})
