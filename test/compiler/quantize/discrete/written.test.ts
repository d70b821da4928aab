// What `dlp quantize` writes, `dlp compile` takes and ONNX Runtime runs, of graphs of all operators.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDraw, expectLaw, expectNamesOfFile, onceRefused } from './written-law.ts'

test.each(onceRefused)('%s: the program computes what ONNX Runtime computes of the file', async (_, draw) => {
  await expectLaw(draw)
})

test('random graphs, sets, densities and bits give files that the compiler takes, within a code of ONNX Runtime', async () => {
  await fc.assert(
    fc.asyncProperty(anyDraw, async (draw) => void (await expectLaw(draw))),
    { numRuns: 8 },
  )
})

test('a machine that is too small for a file refuses it in names of the file', () => {
  let refused = 0
  fc.assert(
    fc.property(anyDraw, (draw) => void (refused += expectNamesOfFile(draw))),
    { numRuns: 3 },
  )
  expect(refused).toBeGreaterThan(2)
})
