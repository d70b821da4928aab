// As capacity.test.ts, for streamed weights and runs of several images. Each graph is compiled about six times, which takes too long for the everyday tests.
import { describe, expect, test } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { graphOfSeed, outcome, roomy } from './capacity-outcome.ts'

describe('streamed weights that could all be resident', () => {
  // With the second number, counted terms do not decide for some graphs whether all weights fit.
  test.each([4096, 1024])('are loaded for every image: the remedies of a refusal fit, with %i beats', (weightBeats) => {
    const machine: Machine = { ...roomy, weightBeats, instructionWords: 8192 }
    let refused = 0
    for (let seed = 0; seed < 8; seed++) {
      const graph = graphOfSeed(seed)
      const images = 2 + ((seed + 6) % 7)
      const run = (instructionWords: number, count = images) =>
        outcome(graph, { machine: { ...machine, instructionWords }, weightsIn: 'streamed', images: count })
      const { program } = run(machine.instructionWords)
      if (program === undefined) continue
      refused++
      const words = Math.floor(0.7 * program.instructions.length)
      const { refusal, scheduled } = run(words)
      expect(scheduled).toBe(false)
      for (const [, advised] of refusal!.message.matchAll(/--images-per-run (\d+)/g)) {
        expect(run(words, Number(advised)).program).toBeDefined()
        expect(run(words, Number(advised) + 1).program).toBeUndefined()
      }
      const least = Number(/"instructionWords": (\d+)/.exec(refusal!.message)![1])
      expect(run(least).program?.instructions).toHaveLength(least)
      expect(run(least - 1)).toMatchObject({ scheduled: false })
    }
    expect(refused).toBeGreaterThan(5)
  })
})
