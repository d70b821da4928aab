// Files that `dlp quantize` writes of graphs of all operators compile, and run in ONNX Runtime.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDraw, expectLaw, expectNamesOfFile, onceRefused } from './written-law.ts'

test.each(onceRefused)('%s: the program computes what ONNX Runtime computes of the file', async (_, draw) => {
  await expectLaw(draw)
})

test('files of random graphs, sets, densities and bits compile to programs within the allowed error of ONNX Runtime', async () => {
  await fc.assert(
    fc.asyncProperty(anyDraw, async (draw) => void (await expectLaw(draw))),
    { numRuns: 8 },
  )
})

test('the refusal of a file by a machine that is too small names nodes and values of the file', () => {
  let refused = 0
  fc.assert(
    fc.property(anyDraw, (draw) => void (refused += expectNamesOfFile(draw))),
    { numRuns: 3 },
  )
  expect(refused).toBeGreaterThan(2)
})
