// The subcommands that inspect programs, and the errors of a wrong command line.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeProgram } from '../../isa/container/write.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp, spawnDlp } from './run-dlp.ts'

const sample = sampleProgram()

/** The sample as a file. */
async function sampleFile(program = sample): Promise<string> {
  const path = join(await temporaryFolder(), 'p.dlp')
  await writeFile(path, writeProgram(program))
  return path
}

describe('used wrongly, dlp exits with 2 and points to its help', () => {
  test.each([
    [['--no-debug'], 'no command is given'],
    [['frobnicate'], 'Unknown command: frobnicate'],
    [['verify'], 'Not enough non-option arguments'],
    [['inspect', 'p.dlp', '--colour'], 'Unknown argument: colour'],
    [['asm', 'p.dasm'], 'Missing required argument: output'],
    [['compile', 'm.onnx', '-o', 'p.dlp', '--weights', '5'], 'Invalid values'],
    [['compile', 'm.onnx', '-o', 'p.dlp', '--density', '1.5'], '--density: 1.5'],
  ])('%j', async (words, message) => {
    const { exitCode, out, err } = await runDlp(...words)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/^dlp: [^\n]* \(see dlp --help\)\n$/)
  })
})

test('as a process, dlp exits with 2 too, and lists its commands in the help', async () => {
  expect((await spawnDlp('verify')).exitCode).toBe(2)
  const { exitCode, out } = await spawnDlp('--help')
  expect(exitCode).toBe(0)
  for (const command of ['compile', 'simulate', 'asm', 'disasm', 'inspect', 'verify'])
    expect(out).toContain(`dlp ${command} <`)
})

describe('a file that is missing or damaged', () => {
  test('gives one line and exit code 1, from a process of its own', async () => {
    const missing = await spawnDlp('verify', 'nowhere.dlp')
    expect(missing).toEqual({ exitCode: 1, out: '', err: 'dlp: nowhere.dlp: cannot be read: no such file or folder\n' })
  })

  test('is refused by verify', async () => {
    const path = await sampleFile()
    const bytes = await readFile(path)
    bytes[900]! ^= 4
    await writeFile(path, bytes)
    const { exitCode, err } = await runDlp('verify', path)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: [^\n]*p\.dlp: is damaged: the checksum of section 'metadata' is wrong [^\n]*\n$/)
  })

  test('shows a stack with --debug', async () => {
    expect((await runDlp('verify', 'nowhere.dlp', '--debug')).err).toMatch(/\n {4}at /)
  })
})

describe('verify', () => {
  test('accepts a valid program', async () => {
    const { exitCode, out, err } = await runDlp('verify', await sampleFile())
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toContain("valid; 9 instructions for machine 'tiny'")
  })

  test('lists every rule that a program breaks', async () => {
    const { exitCode, err } = await runDlp('verify', await sampleFile({ ...sample, entry: { init: 2, infer: 2 } }))
    expect(exitCode).toBe(1)
    expect(err).toContain('entry init is 2: it is the first instruction, 0\n')
    expect(err).toContain('breaks 2 rules')
  })
})

test('asm undoes disasm, to the byte', async () => {
  const path = await sampleFile()
  const [text, again] = [`${path}.dasm`, `${path}.again`]
  expect((await runDlp('disasm', path, '-o', text)).exitCode).toBe(0)
  expect(await runDlp('asm', text, '-o', again)).toMatchObject({ exitCode: 0, err: '' })
  expect(Buffer.compare(await readFile(again), await readFile(path))).toBe(0)
  expect((await runDlp('disasm', path)).out).toBe(await readFile(text, 'utf8'))
})

test('asm shows the line and points at the unknown word', async () => {
  const path = join(await temporaryFolder(), 'wrong.dasm')
  await writeFile(path, '.machine tiny\n  HALT\n  JUMP address=3\n')
  const { exitCode, err } = await runDlp('asm', path, '-o', `${path}.dlp`)
  expect(exitCode).toBe(1)
  expect(err).toContain("wrong.dasm:3:3: no instruction 'JUMP'")
  expect(err).toContain('\n  3 |   JUMP address=3\n    |   ^^^^\n')
})

describe('inspect', () => {
  test('prints aligned tables', async () => {
    const { exitCode, out } = await runDlp('inspect', await sampleFile())
    expect(exitCode).toBe(0)
    expect(out).toContain('weights        32 non-zero of 40 (80.0 %)')
    expect(out).toContain('layer  kind    shape  density  beats  bound  useful MACs\n')
    expect(out).toMatch(/^fc {5}logits {2}8×1×1 {3}80\.0 % {6}6 {6}5 {10}512$/m)
  })

  test('prints one JSON object', async () => {
    const { out } = await runDlp('inspect', await sampleFile(), '--json')
    expect(JSON.parse(out)).toMatchObject({
      name: sample.name,
      weightsIn: 'resident',
      density: 0.8,
      bitsPerNonZero: (6 * 2 * 88) / 32,
      instructionMix: { HALT: 2, COMPUTE: 1 },
      layers: [{ name: 'fc', density: 0.8, beats: 6 }],
    })
  })
})
