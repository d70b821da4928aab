// Streamed weights are stated: their bytes, and the cycles that wait for them, by layer and in all.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { build } from '../../examples/resnet8/build.ts'
import { machines } from '../../isa/model/machine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

interface Report {
  readonly cycles: number
  readonly stalls: Readonly<Record<string, number>>
  readonly streamedWeights?: { readonly bytes: number; readonly waitCycles: number }
  readonly layers: readonly { readonly stalls: Readonly<Record<string, number>> }[]
}

test('dlp compile and dlp simulate state the stalls of streamed weights, the same ones', async () => {
  const folder = await temporaryFolder()
  const [model, machine, program] = ['m.onnx', 'small.json', 'p.dlp'].map((name) => join(folder, name))
  await writeFile(model!, build())
  // A slow DRAM behind a narrow bus: weights arrive later than they are needed.
  const slow = { ...machines.edge, name: 'slow', axiBits: 64, weightBeats: 512, dramLatencyCycles: 200 }
  await writeFile(machine!, JSON.stringify(slow))
  const words = [model!, '-o', program!, '--machine', machine!, '--density', '0.5']
  const compiled = await runDlp('compile', ...words, '--weights-in', 'streamed', '--json')
  expect(compiled.exitCode).toBe(0)
  const { streaming, weightsIn } = JSON.parse(compiled.out) as Record<string, never>
  const simulated = JSON.parse((await runDlp('simulate', program!, '--json')).out) as Report
  const { streamedWeights, cycles, stalls, layers } = simulated
  expect(weightsIn).toBe('streamed')
  expect(streaming).toEqual({ ...streamedWeights, cycles })
  expect(streamedWeights!.waitCycles).toBe(stalls['parameter'])
  expect(streamedWeights!.waitCycles).toBeGreaterThan(1000)
  // The rest is before the first beat, which belongs to no layer.
  const ofLayers = layers.reduce((sum, layer) => sum + (layer.stalls['parameter'] ?? 0), 0)
  expect(ofLayers).toBeGreaterThan(0)
  expect(ofLayers).toBeLessThanOrEqual(streamedWeights!.waitCycles)
  const { out } = await runDlp('simulate', program!)
  expect(out).toMatch(/waits for weights/)
  expect(out).toMatch(/streamed weights +[\d.]+ \S+ an image; [\d,]+ of [\d,]+ cycles \([\d.]+ %\) wait for them/)
  const { out: text } = await runDlp('compile', ...words, '--weights-in', 'streamed')
  expect(text).toMatch(/streamed weights +[\d.]+ \S+ an image/)
})
