// dlp simulate --on rtl and --on both: the command's output for the processor in Verilator.

import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readNpy } from '../../toolchain/files/npy.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { compileGraph } from '../../compiler/backend.ts'
import { machines } from '../../isa/model/machine.ts'
import { randomGraph } from '../support/integer-graphs.ts'
import { runDlp } from '../cli/run-dlp.ts'
import { schemaErrors } from '../support/report-schema.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const buildMs = 300_000
const { program } = randomProgram(machines.tiny, 1_000_004, 3)

async function programFile(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await temporaryFolder()
  const file = join(folder, 'p.dlp')
  await writeFile(file, writeProgram(program))
  return { folder, file }
}

describe.skipIf(!isHere)('dlp simulate', { timeout: buildMs }, () => {
  test('--on rtl prints the simulator’s cycles, writes its trace and its output', async () => {
    const { folder, file } = await programFile()
    const runs = []
    for (const on of ['simulator', 'rtl']) {
      const [trace, output] = [join(folder, `${on}.txt`), join(folder, `${on}.npy`)]
      const outputs = program.outputs.length === 1 ? ['--output', output, '--codes'] : []
      const { exitCode, out } = await runDlp('simulate', file, '--on', on, '--json', '--trace', trace, ...outputs)
      const { cycles, initCycles, latencyMs } = JSON.parse(out) as Record<string, number>
      const codes = outputs.length > 0 ? readNpy(await readFile(output), output) : undefined
      runs.push({ exitCode, cycles, initCycles, latencyMs, trace: await readFile(trace, 'utf8'), codes })
    }
    expect(runs[0]!.exitCode).toBe(0)
    expect(runs[1]).toEqual(runs[0])
  })

  test('--on both reports that they agree', async () => {
    const { file } = await programFile()
    const { exitCode, out, err } = await runDlp('simulate', file, '--on', 'both', '--json')
    expect(exitCode).toBe(0)
    expect(err).toContain('the RTL agrees in every cycle of every instruction and in every output')
    expect(JSON.parse(out)).toMatchObject({ machine: 'tiny', hazards: 0 })
  })

  test('--on both compares every run of several images, several of them a run', async () => {
    const { folder, file } = await programFile()
    expect(await runDlp('simulate', file, '--on', 'both', '--images', '3')).toMatchObject({ exitCode: 0 })
    const graph = randomGraph(2, { mostChannels: 4, mostSide: 6, mostLayers: 2 })
    const batch = compileGraph(graph, { name: 'batch', machine: machines.tiny, images: 3 }).program
    await writeFile(file, writeProgram(batch))
    const outputs = [join(folder, 'a.npy'), join(folder, 'b.npy')] as const
    const both = await runDlp('simulate', file, '--on', 'both', '--images', '6', '--json', '-o', outputs[0])
    expect(both.exitCode).toBe(0)
    const rtl = await runDlp('simulate', file, '--on', 'rtl', '--images', '6', '--json', '--expect', outputs[0])
    expect(rtl.exitCode).toBe(0)
    for (const { out } of [both, rtl]) expect(schemaErrors(JSON.parse(out))).toBe('')
    const throughput = JSON.parse(rtl.out).throughput as object
    expect(throughput).toMatchObject({ images: 6, runs: 2 })
    expect(JSON.parse(both.out).throughput).toMatchObject(throughput)
  })

  test('--waveform without the RTL is an error', async () => {
    const { file } = await programFile()
    const { exitCode, err } = await runDlp('simulate', file, '--waveform', 'x.fst')
    expect({ exitCode, err }).toMatchObject({ exitCode: 2, err: expect.stringContaining('--waveform') })
    await expect(stat('x.fst')).rejects.toThrow()
  })
})
