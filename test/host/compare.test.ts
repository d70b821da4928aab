// A difference between RTL and simulator is reported with its earliest cycle, its instruction and both numbers.

import { describe, expect, test } from 'vitest'
import { firstByteDifference, firstCycleDifference } from '../../host/verilator/compare.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { instructionText } from '../../isa/semantics/fault.ts'
import { machines } from '../../isa/model/machine.ts'
import { runTiming } from '../../simulator/run-timing.ts'

const { program } = randomProgram(machines.tiny, 4, 3)
const timing = runTiming(machines.tiny, program.instructions, program.entry.infer)
const { cycles } = timing
const copy = () => timing.records.map((record) => ({ ...record }))
const textOf = (at: number): string => {
  const { index } = timing.records[at]!
  return instructionText(program.instructions[index]!, index)
}

describe('the first difference in cycles', () => {
  test('is none between a run and itself', () => {
    expect(firstCycleDifference(program, timing, { cycles, records: copy() })).toBeUndefined()
  })

  test('names instruction, stage and both cycles', () => {
    const records = copy()
    const at = timing.records.length - 2
    const { issue } = records[at]!
    records[at]!.issue += 3
    const found = firstCycleDifference(program, timing, { cycles, records })
    const sentence = `${textOf(at)} issues in cycle ${issue} on the simulator, in cycle ${issue + 3} on the RTL`
    expect(found).toBe(`cycle ${issue}: ${sentence}`)
  })

  test('is the earliest of several, and the earlier of its two cycles', () => {
    const records = copy()
    records.at(-2)!.retire++
    records[0]!.dispatch--
    expect(firstCycleDifference(program, timing, { cycles, records })).toMatch(
      new RegExp(`^cycle ${timing.records[0]!.dispatch - 1}: #`),
    )
  })

  test('states that a stage was never reached', () => {
    const records = copy()
    records.at(-2)!.retire = -1
    const found = firstCycleDifference(program, timing, { cycles, records })
    expect(found).toContain(
      `retires in cycle ${timing.records.at(-2)!.retire} on the simulator, in no cycle on the RTL`,
    )
  })

  test('is the total where nothing else differs', () => {
    const found = firstCycleDifference(program, timing, { cycles: cycles + 1, records: copy() })
    expect(found).toBe(`the run takes ${cycles} cycles on the simulator, ${cycles + 1} on the RTL`)
  })
})

test('the first difference in bytes names the byte, both values and how many differ', () => {
  const [one, other] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 9, 3, 8)]
  expect(firstByteDifference({ name: 'logits' }, one, one.slice())).toBeUndefined()
  expect(firstByteDifference({ name: 'logits' }, one, other)).toBe(
    "'logits': byte 1 is 2 on the simulator, 9 on the RTL; 2 of 4 bytes differ",
  )
})
