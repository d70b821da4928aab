// dlp simulate in several threads: the same bytes for any number, and one thread where runs depend on each other.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { simulateOnAllCores } from '../../../toolchain/simulation/on-all-cores.ts'
import { runOnAllCores } from '../../../base/worker-pool.ts'
import { writeFields } from '../../../base/bits.ts'
import { DlpError } from '../../../base/error.ts'
import { parameterBits, parameterFields } from '../../../isa/model/formats.ts'
import type { Instruction } from '../../../isa/instruction.ts'
import type { Program } from '../../../isa/program.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import { sampleProgram } from '../../isa/container/sample-program.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { runDlp } from '../../cli/run-dlp.ts'

const sample = sampleProgram()

/** The sample with biases so great that overflows depend on the image. */
function overflowing(): Program {
  const constants = sample.constants.slice()
  const load = sample.instructions.find((each) => each.op === 'LOADP')!
  for (let row = 0; row < sample.machine.rows; row++) {
    const at = 8 * 64 * load.address + row * parameterBits
    const values = { bias: row % 2 === 0 ? 2 ** 31 - 1 : 5, multiplier: 1, shift: 0, even: 0 }
    writeFields(constants, at, parameterFields, values)
  }
  return { ...sample, constants }
}

/** The sample with its sums added to those of the run before. */
const accumulating = (): Program => ({
  ...sample,
  instructions: sample.instructions.map((each): Instruction =>
    each.op === 'COMPUTE' ? { ...each, accumulate: 1 } : each,
  ),
})

/** Everything that `dlp simulate` gives for so many images, and the threads that it started beside its own. */
async function simulated(program: Program, workers: number | undefined, images = 7) {
  const folder = await temporaryFolder()
  const [path, output] = [join(folder, 'p.dlp'), join(folder, 'y.npy')]
  await writeFile(path, writeProgram(program))
  let threads = 0
  const count = (): number => threads++
  process.on('worker', count)
  const options = ['--images', `${images}`, '-o', output, ...(workers === undefined ? [] : ['--workers', `${workers}`])]
  const json = await runDlp('simulate', path, '--json', ...options)
  process.off('worker', count)
  const text = await runDlp('simulate', path, ...options)
  const said = [json, text].map(({ err, ...rest }) => ({ ...rest, err: err.replaceAll(folder, '') }))
  return { said, bytes: await readFile(output), threads }
}

describe('simulate --workers', () => {
  test.each([
    ['a sound program', sample, 0, 2],
    ['a program whose images overflow', overflowing(), 1, 3],
  ])('of %s: text, JSON and outputs are the same for any number', async (_, program, exitCode, workers) => {
    const [one, several] = [await simulated(program, 1), await simulated(program, workers)]
    expect(one.said.map((each) => each.exitCode)).toEqual([exitCode, exitCode])
    expect(several).toEqual({ ...one, threads: workers - 1 })
    expect(one.threads).toBe(0)
    if (exitCode === 1) expect(new Set(one.said[0]!.err.match(/sum is \d+/g)).size).toBeGreaterThan(5)
  })

  test('runs that depend on each other run one after the other, and the report states why', async () => {
    const [one, two] = [await simulated(accumulating(), 1), await simulated(accumulating(), 2)]
    expect(two).toEqual({ ...one, threads: 0 })
    const sentence = /reads partial sums of all rows before #\d+ COMPUTE .* writes it/
    expect((JSON.parse(one.said[0]!.out) as { carried: string }).carried).toMatch(sentence)
    expect(one.said[1]!.out).toMatch(
      /^runs +one after the other, since they depend on each other: #\d+ COMPUTE .* reads partial sums/m,
    )
    expect((await simulated(sample, 1)).said[1]!.out).not.toMatch(/^runs /m)
  })

  test('a fault in a worker thread has the same message as in the calling thread', async () => {
    const program = { ...sample, instructions: sample.instructions.filter(({ op }) => op !== 'LAYER') }
    const codes = { image: new Int8Array(48) }
    const fault = '#7 HALT: semaphore 1 is 1 at HALT; allowed: every semaphore zero at HALT'
    await expect(simulateOnAllCores(program, [codes], {})).rejects.toThrow(fault)
    const worker = new URL('../../../toolchain/simulation/worker.ts', import.meta.url)
    const failing = runOnAllCores(worker, program, [codes, codes])
    await expect(failing).rejects.toThrow(DlpError)
    await expect(failing).rejects.toThrow(fault)
  })

  test('few runs start no thread', async () => {
    expect((await simulated(sample, undefined, 3)).threads).toBe(0)
  })

  test('refuses invalid numbers of workers, and --workers with --timing-only or --on rtl', async () => {
    for (const [words, message] of [
      [['--workers', '0'], '--workers: 0 is not a whole number of at least 1'],
      [['--workers', '1.5'], '--workers: 1.5 is not a whole number of at least 1'],
      [['--workers', '2', '--on', 'rtl'], '--workers: only the simulator runs in threads'],
      [['--workers', '2', '--timing-only'], '--workers: not with --timing-only'],
    ] as const) {
      const { exitCode, err } = await runDlp('simulate', 'p.dlp', ...words)
      expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining(message) as string })
    }
  })
})
