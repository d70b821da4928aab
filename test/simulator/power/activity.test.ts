// The activity equals counts by stepping through a program beat by beat, bank by bank and row by row, without multiplication.
import { describe, expect, test } from 'vitest'
import { randomProgram } from '../../../isa/arbitraries/program.ts'
import { parameterBits } from '../../../isa/model/formats.ts'
import { clusterBeatBits } from '../../../isa/model/sizes.ts'
import { lanes, machines, processingElements, slotChannels } from '../../../isa/model/machine.ts'
import type { Program } from '../../../isa/program.ts'
import { execute } from '../../../isa/semantics/execute.ts'
import { createState } from '../../../isa/semantics/state.ts'
import { loadedChannel, wordGroups } from '../../../isa/semantics/transfers.ts'
import { flag } from '../../../isa/weights/beats.ts'
import { activityOf } from '../../../simulator/power/activity.ts'
import { placeRegions, simulateTiming, writeInputs } from '../../../simulator/simulate.ts'
import { halt, instruction, program as programOf } from '../programs.ts'

/** Counts by stepping; the weight memory holds what the loads so far have written. */
function stepped(program: Program, inputs: Readonly<Record<string, Uint8Array>>) {
  const { machine, instructions, entry } = program
  const { clusters, rows, banks } = machine
  const p = lanes(machine)
  const state = createState(machine)
  placeRegions(state, program)
  writeInputs(state, program, inputs)
  const counts = {
    products: 0, choices: 0, columns: 0, featureReadBits: 0, featureWriteBits: 0, torusBits: 0, weightReadBits: 0, clusterSums: 0,
    partialSumBits: 0, codes: 0, laneSums: 0, parameterBits: 0,
  } // prettier-ignore
  const codes = (values: number, planes: number): void => {
    counts.codes += values * p
    counts.parameterBits += values * parameterBits
    counts.featureWriteBits += values * planes * 4 * p
  }
  const read = (): void => {
    counts.columns++
    counts.featureReadBits += 4 * p
    counts.torusBits += 4 * p
  }
  for (const [index, each] of instructions.entries()) {
    if (index >= entry.infer) {
      const { layer } = state
      if (each.op === 'COMPUTE') {
        for (let position = 0; position < each.rows * (state.columns?.columns ?? layer!.patchWidth); position++) {
          let isFirst = each.accumulate === 0
          for (let beat = each.beat; beat < each.beat + each.beats; beat++) {
            for (let cluster = 0; cluster < clusters; cluster++) {
              counts.weightReadBits += clusterBeatBits(machine)
              for (let bank = 0; bank < banks; bank++) read()
              for (let row = 0; row < rows; row++) {
                counts.choices += p
                if (state.weights.values[(beat * clusters + cluster) * rows + row] !== 0) counts.products += p
              }
            }
            const flags = state.weights.flags[beat * clusters]!
            if ((flags & flag.end) === 0) continue
            counts.clusterSums += clusters * rows * p
            counts.partialSumBits += rows * p * 32 * (isFirst ? 1 : 2)
            isFirst = false
            if ((flags & flag.keep) !== 0) continue
            if (each.laneSum === 1) counts.laneSums += rows * p
            else codes(rows, 1 + layer!.wide)
          }
        }
        if (each.laneSum === 1 && each.logits === 1) counts.parameterBits += rows * (parameterBits + 32)
        else if (each.laneSum === 1) codes(rows, 1 + layer!.wide)
      }
      if (each.op === 'POOL' || each.op === 'MOVE' || each.op === 'REPATCH') {
        const taps = each.op === 'POOL' ? each.windowHeight * each.windowWidth : each.op === 'MOVE' ? 1 : p
        const isReused = (word: number): boolean =>
          each.op === 'POOL' && each.advance > 0 && word % layer!.patchWidth > 0
        for (let word = 0; word < each.rows * layer!.patchWidth * each.slots * (1 + each.wide); word++)
          for (let bank = 0; bank < clusters * banks; bank++) {
            for (let tap = 0; tap < taps; tap++)
              if (!isReused(word) || each.op !== 'POOL' || tap >= each.windowHeight) read()
            counts.featureWriteBits += 4 * p
          }
      }
      if (each.op === 'LOAD' || each.op === 'STORE') {
        for (let position = 0; position < each.positions; position++)
          for (const group of wordGroups(machine, each)) {
            if (each.op === 'STORE') counts.featureReadBits += group.channels * 4 * p
            else
              for (let q = 0; q < slotChannels(machine); q++)
                if (loadedChannel(machine, each, group, q) !== undefined) counts.featureWriteBits += 4 * p
          }
      }
      if (each.op === 'STOREL') counts.parameterBits += 32 * each.count
    }
    if (each.op === 'HALT') state.layer = undefined
    execute(state, each)
  }
  return counts
}

describe('activity', () => {
  test('is what stepping through random programs counts', () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 60; seed++) {
      const { program, inputs } = randomProgram({ ...machines.tiny, featureWords: 4096 }, seed, 4)
      const run = simulateTiming(program)
      for (const { op } of program.instructions) seen.add(op)
      const { dramBits, peCycles, idlePeCycles, seconds, ...counted } = activityOf(program, run, 100)
      expect(counted, `seed ${seed}`).toEqual(stepped(program, inputs))
      const pes = processingElements(program.machine)
      expect(peCycles).toBe(pes * run.cycles)
      expect(idlePeCycles).toBe(peCycles - counted.choices)
      // The beats of COMPUTEs are cycles of COMPUTE.
      expect(counted.choices).toBe(pes * run.breakdown.COMPUTE)
      expect(dramBits).toBe(8 * (run.dramBytes.read + run.dramBytes.written))
      expect(seconds).toBeCloseTo(run.cycles / 1e8, 12)
    }
    for (const op of ['COMPUTE', 'POOL', 'MOVE', 'REPATCH', 'LOAD', 'STORE', 'STOREL', 'LOADW'])
      expect(seen).toContain(op)
  })

  test('of a program that does nothing is its idle cycles', () => {
    const program = programOf({ infer: [instruction('LAYER', { patchHeight: 1, patchWidth: 1 }), halt] })
    const activity = activityOf(program, { cycles: 10, dramBytes: { read: 0, written: 0 } }, 100)
    const { peCycles, idlePeCycles, seconds, ...others } = activity
    expect({ peCycles, idlePeCycles, seconds }).toEqual({ peCycles: 640, idlePeCycles: 640, seconds: 1e-7 })
    expect(Object.values(others).every((count) => count === 0)).toBe(true)
  })
})
