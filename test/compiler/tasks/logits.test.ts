// Chunks of the logits, in which they are stored.
import { describe, expect, test } from 'vitest'
import { logitBytes } from '../../../compiler/layout/dram.ts'
import { cutLogits } from '../../../compiler/tasks/logits.ts'
import type { LogitsLayer } from '../../../compiler/graph/integer.ts'
import { machines } from '../../../isa/model/machine.ts'

const layer = (count: number): LogitsLayer => ({ bias: new Int32Array(count) }) as unknown as LogitsLayer

describe('STOREL', () => {
  test('begins while the last row groups compute if it then ends sooner', () => {
    const [before, behind] = cutLogits(machines.card, layer(1000), new Array<number>(16).fill(26))
    expect(before).toEqual({ after: 9, first: 0, count: 640 })
    expect(behind).toEqual({ after: 15, first: 640, count: 360 })
  })

  test('is one chunk where the response of a first would only delay the rest', () => {
    expect(cutLogits(machines.card, layer(128), [8, 8])).toEqual([{ after: 1, first: 0, count: 128 }])
  })

  test('begins at whole address units and stores every logit once, after its row group', () => {
    for (const machine of Object.values(machines))
      for (const groups of [1, 2, 5, 16, 40])
        for (const cycles of [8, 30, 500]) {
          const count = groups * machine.rows - 3
          let next = 0
          for (const chunk of cutLogits(machine, layer(count), new Array<number>(groups).fill(cycles))) {
            expect(chunk.first).toBe(next)
            expect((chunk.first * logitBytes) % 64).toBe(0)
            next += chunk.count
            expect((chunk.after + 1) * machine.rows).toBeGreaterThanOrEqual(next)
          }
          expect(next).toBe(count)
        }
  })
})
