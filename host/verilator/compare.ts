// Compares the RTL with the simulator: the first cycle, instruction or byte in which two runs of a program differ.

import { instructionText } from '../../isa/semantics/fault.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import type { InstructionRecord } from '../../simulator/record.ts'

/** What both report of a run. */
export interface TimedInstructions {
  readonly cycles: number
  readonly records: readonly InstructionRecord[]
}

const stages = { dispatch: 'is dispatched', issue: 'issues', retire: 'retires' } as const
type Stage = keyof typeof stages

/** The earliest event in which two runs of the same instructions differ, as a sentence; undefined where all agree. */
export function firstCycleDifference(
  program: Program,
  simulator: TimedInstructions,
  rtl: TimedInstructions,
): string | undefined {
  let first: { cycle: number; text: string } | undefined
  for (const [at, expected] of simulator.records.entries()) {
    const found = rtl.records[at]
    for (const stage of Object.keys(stages) as Stage[]) {
      const [cycleOfSimulator, cycleOfRtl] = [expected[stage], found?.[stage] ?? -1]
      if (cycleOfSimulator === cycleOfRtl) continue
      const cycle = Math.min(...[cycleOfSimulator, cycleOfRtl].filter((each) => each >= 0))
      if (first !== undefined && first.cycle <= cycle) continue
      const instruction = instructionText(program.instructions[expected.index]!, expected.index)
      const text = `${instruction} ${stages[stage]} in ${cycleText(cycleOfSimulator)} on the simulator, in ${cycleText(cycleOfRtl)} on the RTL`
      first = { cycle, text: `cycle ${cycle}: ${text}` }
    }
  }
  if (first !== undefined) return first.text
  if (simulator.cycles === rtl.cycles) return undefined
  return `the run takes ${simulator.cycles} cycles on the simulator, ${rtl.cycles} on the RTL`
}

/** The first byte of a tensor that differs, as a sentence. */
export function firstByteDifference(
  { name }: Pick<TensorDescriptor, 'name'>,
  simulator: Uint8Array,
  rtl: Uint8Array,
): string | undefined {
  const at = simulator.findIndex((byte, index) => byte !== rtl[index])
  if (at < 0) return undefined
  const differing = simulator.reduce((count, byte, index) => count + (byte === rtl[index] ? 0 : 1), 0)
  return `'${name}': byte ${at} is ${simulator[at]} on the simulator, ${rtl[at]} on the RTL; ${differing} of ${simulator.length} bytes differ`
}

const cycleText = (cycle: number): string => (cycle < 0 ? 'no cycle' : `cycle ${cycle}`)
