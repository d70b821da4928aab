// Outputs of a command never overwrite its inputs, never replace a device, and keep the permissions of the file that they replace.

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, test } from 'vitest'
import { ModelProtoSchema, StringStringEntryProtoSchema } from '../../compiler/onnx/generated/onnx_pb.ts'
import { readProgram } from '../../isa/container/read.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { modelOf, node, noise } from '../support/onnx-model.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

const sample = writeProgram(sampleProgram())

/** A folder with a program, its text, and its output. */
async function folder(): Promise<string> {
  const path = await temporaryFolder()
  writeFileSync(join(path, 'p.dlp'), sample)
  await runDlp('disasm', join(path, 'p.dlp'), '-o', join(path, 'p.dasm'))
  await runDlp('simulate', join(path, 'p.dlp'), '-o', join(path, 'y.npy'))
  writeFileSync(join(path, 'power.json'), '{ "board": 3 }')
  return path
}

/** Every file's bytes beneath a folder. */
const contents = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path)
      .filter((name) => statSync(join(path, name)).isFile())
      .map((name) => [name, readFileSync(join(path, name), 'latin1')]),
  )

describe('an output that is an input is refused, and nothing is written:', () => {
  test.each([
    ['asm p.dasm -o p.dasm'],
    ['asm p.dasm -o sub/../p.dasm'],
    ['asm p.dasm -o hard'],
    ['asm p.dasm -o soft'],
    ['asm soft -o hard'],
    ['disasm p.dlp -o p.dlp'],
    ['simulate p.dlp -o p.dlp'],
    ['simulate p.dlp --trace p.dlp'],
    ['simulate p.dlp --expect y.npy -o y.npy'],
    ['simulate p.dlp --input y.npy --trace y.npy'],
    ['simulate p.dlp --power-constants power.json -o power.json'],
    ['simulate p.dlp --on rtl --waveform p.dlp'],
    ['compile p.dasm -o p.dasm'],
    ['compile p.dasm --update p.dlp -o p.dlp'],
    ['compile p.dasm --calibration y.npy -o y.npy'],
    ['compile p.dasm --machine power.json -o power.json'],
    ['quantize p.dasm --calibration y.npy -o p.dasm'],
  ])('dlp %s', async (line) => {
    const here = await folder()
    mkdirSync(join(here, 'sub'))
    linkSync(join(here, 'p.dasm'), join(here, 'hard'))
    symlinkSync('p.dasm', join(here, 'soft'))
    const before = contents(here)
    const { exitCode, out, err } = await runDlp(...inFolder(here, line))
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(err).toMatch(
      /^dlp: --\w+ \S+: would overwrite an input: it is the same file as \S+ \(name another output file\)\n$/,
    )
    expect(contents(here)).toEqual(before)
  })
})

/** A model with its weights in `w.bin` in the same folder. */
function writeModelWithData(here: string): string {
  const weights = noise(1, 4, 3, 3, 3)
  const text = {
    opset: 13,
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
    constants: { w: weights },
    nodes: [node('Conv', 'y', 'x w')],
  }
  const model = modelOf(text)
  const tensor = model.graph!.initializer[0]!
  tensor.rawData = new Uint8Array(0)
  tensor.floatData = []
  tensor.dataLocation = 1
  tensor.externalData.push(create(StringStringEntryProtoSchema, { key: 'location', value: 'w.bin' }))
  writeFileSync(join(here, 'w.bin'), new Uint8Array(Float32Array.from(weights.data as Float32Array).buffer))
  const path = join(here, 'm.onnx')
  writeFileSync(path, toBinary(ModelProtoSchema, model))
  return path
}

test('an output that is a data file of the model is refused, by any of its names', async () => {
  const here = await temporaryFolder()
  const path = writeModelWithData(here)
  symlinkSync('w.bin', join(here, 'soft'))
  const before = contents(here)
  for (const name of ['w.bin', 'soft', 'm.onnx']) {
    const { exitCode, err } = await runDlp('compile', path, '-o', join(here, name), '--machine', 'tiny', '--no-cache')
    expect({ exitCode, err }).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('would overwrite an input') as string,
    })
  }
  expect(contents(here)).toEqual(before)
  expect((await runDlp('compile', path, '-o', join(here, 'p.dlp'), '--machine', 'tiny', '--no-cache')).exitCode).toBe(0)
})

/** The words of a command line whose files lie in a folder. */
const inFolder = (here: string, line: string): string[] =>
  line
    .split(' ')
    .map((word, at) => (at > 0 && /^(sub\/|p\.|y\.|hard|soft|power\.|new)/.test(word) ? `${here}/${word}` : word))

test.each([
  ['simulate p.dlp -o new --trace new'],
  ['simulate p.dlp -o new --trace sub/../new'],
  ['simulate p.dlp -o hard --trace soft'],
  ['simulate p.dlp -o - --trace -'],
])('two outputs that are one file are refused: dlp %s', async (line) => {
  const here = await folder()
  mkdirSync(join(here, 'sub'))
  writeFileSync(join(here, 'hard'), '')
  symlinkSync('hard', join(here, 'soft'))
  const { exitCode, err } = await runDlp(...inFolder(here, line))
  expect(exitCode).toBe(1)
  expect(err).toContain('is the same file as --output')
  expect(existsSync(join(here, 'new'))).toBe(false)
})

describe('an output', () => {
  test('through a link replaces or creates the target of the link, and keeps its permissions', async () => {
    const here = await folder()
    const [target, link, dangling] = ['target', 'link', 'dangling'].map((name) => join(here, name))
    writeFileSync(target!, 'old')
    chmodSync(target!, 0o604)
    symlinkSync('target', link!)
    symlinkSync('new', dangling!)
    for (const path of [link!, dangling!])
      expect((await runDlp('asm', join(here, 'p.dasm'), '-o', path)).exitCode).toBe(0)
    expect([link!, dangling!].map((path) => lstatSync(path).isSymbolicLink())).toEqual([true, true])
    expect(statSync(target!).mode & 0o777).toBe(0o604)
    for (const name of ['target', 'new']) expect(readFileSync(join(here, name))).toEqual(Buffer.from(sample))
  })

  test('that cannot be written is refused before anything is computed', async () => {
    const here = await folder()
    symlinkSync('b', join(here, 'a'))
    symlinkSync('a', join(here, 'b'))
    for (const [path, reason] of [
      [here, 'it is a folder'],
      [`${here}/new/`, 'it is a folder'],
      [`${here}/none/x`, 'no such file'],
      [`${here}/p.dlp/x`, 'not a folder'],
      [`${here}/a`, 'cycle'],
    ]) {
      const { exitCode, err } = await runDlp('compile', join(here, 'p.dasm'), '-o', path!)
      expect(exitCode).toBe(1)
      expect(err).toMatch(new RegExp(`^dlp: [^\\n]*: cannot be written: [^\\n]*${reason!}[^\\n]*\\n$`))
    }
  })

  test('to a device or a pipe is written to it without replacing it', async () => {
    const here = await folder()
    const before = statSync('/dev/null')
    expect((await runDlp('asm', join(here, 'p.dasm'), '-o', '/dev/null')).exitCode).toBe(0)
    expect(statSync('/dev/null').ino).toBe(before.ino)
    const full = await runDlp('asm', join(here, 'p.dasm'), '-o', '/dev/full')
    expect(full).toMatchObject({ exitCode: 1, err: 'dlp: /dev/full: cannot be written: the disk is full\n' })
    const pipe = join(here, 'pipe')
    execFileSync('mkfifo', [pipe])
    const { readFile } = await import('node:fs/promises')
    const [read] = await Promise.all([readFile(pipe), runDlp('asm', join(here, 'p.dasm'), '-o', pipe)])
    expect(read).toEqual(Buffer.from(sample))
    expect(statSync(pipe).isFIFO()).toBe(true)
  })

  test('of the longest name that a file system allows is written', async () => {
    const here = await folder()
    expect((await runDlp('asm', join(here, 'p.dasm'), '-o', join(here, 'x'.repeat(255)))).exitCode).toBe(0)
  })
})

describe('`-`', () => {
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!
  afterEach(() => Object.defineProperty(process, 'stdin', stdin))
  const give = (bytes: Uint8Array): void => {
    Object.defineProperty(process, 'stdin', { value: new PassThrough().end(bytes), configurable: true })
  }

  test('is standard input and output of programs and texts; messages then go to standard error', async () => {
    give(sample)
    const text = await runDlp('disasm', '-', '-o', '-')
    expect(text).toMatchObject({ exitCode: 0, err: '' })
    give(Buffer.from(text.out, 'utf8'))
    const again = await runDlp('asm', '-', '-o', '-')
    expect(Buffer.from(again.out, 'latin1')).toEqual(Buffer.from(sample))
    expect(again.err).toBe('-: 9 instructions, 1.8 KiB\n')
  })

  test('is standard input of models, except for those with data files', async () => {
    const here = await temporaryFolder()
    const path = writeModelWithData(here)
    give(readFileSync(path))
    expect((await runDlp('compile', '-', '-o', join(here, 'p'), '--no-cache')).err).toContain('has no folder')
    const text = {
      opset: 13,
      inputs: { x: [1, 3, 8, 8] },
      outputs: ['y'],
      constants: { w: noise(1, 4, 3, 3, 3) },
      nodes: [node('Conv', 'y', 'x w')],
    }
    give(toBinary(ModelProtoSchema, modelOf(text)))
    const { exitCode, out, err } = await runDlp('compile', '-', '-o', '-', '--machine', 'tiny', '--no-cache')
    expect(exitCode).toBe(0)
    expect(readProgram(Buffer.from(out, 'latin1'), '-').name).toBe('model')
    expect(err).toContain("machine       'tiny'")
  })

  test('is standard input of arrays and constants', async () => {
    const here = await folder()
    give(readFileSync(join(here, 'y.npy')))
    expect((await runDlp('simulate', join(here, 'p.dlp'), '--expect', '-')).exitCode).toBe(0)
    give(readFileSync(join(here, 'y.npy')))
    expect((await runDlp('simulate', join(here, 'p.dlp'), '--seed', '2', '--expect', '-')).exitCode).toBe(1)
    give(Buffer.from('{ "board": 3 }'))
    expect((await runDlp('simulate', join(here, 'p.dlp'), '--power-constants', '-')).out).toContain('3.1 W')
  })

  test('of too many bytes is refused', async () => {
    give(new Uint8Array(2 ** 17))
    const { exitCode, err } = await runDlp('simulate', 'none.dlp', '--power-constants', '-')
    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: 'dlp: standard input: has more bytes; allowed: at most 65536\n',
    })
  })

  test('is refused for a terminal where the output is not text', async () => {
    const here = await folder()
    const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
    Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
    try {
      expect((await runDlp('asm', join(here, 'p.dasm'), '-o', '-')).err).toContain('is a terminal')
      expect((await runDlp('disasm', join(here, 'p.dlp'), '-o', '-')).exitCode).toBe(0)
    } finally {
      if (before === undefined) delete (process.stdout as { isTTY?: boolean }).isTTY
      else Object.defineProperty(process.stdout, 'isTTY', before)
    }
  })
})
