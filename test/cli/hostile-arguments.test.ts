// Paths that are not files, and names that every JavaScript object inherits, are refused by one sentence in every command.

import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { assemble } from '../../isa/assembly/assemble.ts'
import { metadataText, parseMetadata } from '../../isa/container/metadata.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { DlpError } from '../../base/error.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { givenConstants } from '../../simulator/power/constants.ts'
import { externalLoader } from '../../toolchain/models/model-file.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { runDlp } from './run-dlp.ts'

let folder: string
let pipes: Record<string, string>
let model: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dlp-hostile-'))
  const ends = ['onnx', 'dlp', 'npy', 'png', 'json', 'dasm', 'txt']
  pipes = Object.fromEntries(ends.map((end) => [end, join(folder, `pipe.${end}`)]))
  execFileSync('mkfifo', Object.values(pipes))
  model = join(folder, 'model.onnx')
  const builder = new GraphBuilder('small')
  const input = builder.input('x', [1, 3, 4, 4])
  builder.constant('weights', tensorOf('float32', new Float32Array(24).fill(0.5), [8, 3, 1, 1]))
  const map = builder.node('Conv', [input, 'weights'])
  await writeFile(
    model,
    writeOnnx(builder.build([builder.node('Flatten', [builder.node('GlobalAveragePool', [map])])])),
  )
  program = join(folder, 'sample.dlp')
  await writeFile(program, writeProgram(sampleProgram()))
  await mkdir(join(folder, 'pictures', 'class'), { recursive: true })
  execFileSync('mkfifo', [join(folder, 'pictures', 'class', 'a.png')])
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a pipe instead of a file is refused without waiting', () => {
  const out = (): string[] => ['-o', join(folder, 'out')]
  test.each<[string, () => string[]]>([
    ['a model to compile', () => ['compile', pipes['onnx']!, ...out()]],
    ['a machine', () => ['compile', model, ...out(), '--machine', pipes['json']!]],
    ['calibration', () => ['compile', model, ...out(), '--calibration', pipes['npy']!, '--machine', 'tiny']],
    ['a program to update', () => ['compile', model, ...out(), '--update', pipes['dlp']!, '--machine', 'tiny']],
    ['a model to quantise', () => ['quantize', pipes['onnx']!, ...out(), '--calibration', pipes['npy']!]],
    ['calibration of a quantiser', () => ['quantize', model, ...out(), '--calibration', pipes['npy']!]],
    ['a program to simulate', () => ['simulate', pipes['dlp']!]],
    ['an array to simulate', () => ['simulate', program, '--input', pipes['npy']!]],
    ['a picture to simulate', () => ['simulate', program, '--input', pipes['png']!]],
    ['an expectation', () => ['simulate', program, '--expect', pipes['npy']!]],
    ['power constants', () => ['simulate', program, '--power-constants', pipes['json']!]],
    ['a model to evaluate', () => ['evaluate', pipes['onnx']!, '--dataset', folder]],
    ['a program to evaluate', () => ['evaluate', pipes['dlp']!, '--dataset', folder]],
    ['a data set', () => ['evaluate', program, '--dataset', pipes['txt']!]],
    ['a picture of a data set', () => ['evaluate', model, '--dataset', join(folder, 'pictures'), '--workers', '1']],
    ['another to compare with', () => ['evaluate', model, '--dataset', folder, '--against', pipes['dlp']!]],
    ['a text to assemble', () => ['asm', pipes['dasm']!, ...out()]],
    ['a program to disassemble', () => ['disasm', pipes['dlp']!]],
    ['a program to inspect', () => ['inspect', pipes['dlp']!]],
    ['a program to verify', () => ['verify', pipes['dlp']!]],
  ])('%s', async (_, words) => {
    const { exitCode, err } = await runDlp(...words())
    expect(err).toMatch(/is not a file|holds no picture|cannot be read: a part of the path is not a folder/)
    expect(exitCode).toBe(1)
  })

  test('as a data file of a model; and so is a device', async () => {
    expect(() => externalLoader(model)('pipe.npy', 0, 1)).toThrow(/is not a file/)
    const { exitCode, err } = await runDlp('verify', '/dev/zero')
    expect(err).toContain('/dev/zero: is not a file; allowed: a regular file, no folder, pipe or device')
    expect(exitCode).toBe(1)
  })
})

/** Names that every plain object inherits. */
const inherited = Object.getOwnPropertyNames(Object.prototype)
/** JSON with such a key as its only one: in an object literal `__proto__` would not be a key. */
const keyed = (name: string, value: unknown): string => `{${JSON.stringify(name)}:${JSON.stringify(value)}}`

describe.each(inherited)('%s is unknown', (name) => {
  const refuses = (act: () => unknown, message: string): void => {
    expect(act).toThrow(DlpError)
    expect(act).toThrow(message)
  }

  test('as a field of a machine, of its limits and of its field widths', () => {
    const machine = (more: string): string => `{"base":"edge","name":"x",${more}}`
    refuses(() => parseMachine(machine(keyed(name, 1).slice(1, -1)), 'm'), `unknown field '${name}'`)
    refuses(() => parseMachine(machine(`"limits":${keyed(name, 1)}`), 'm'), `unknown field 'limits.${name}'`)
    refuses(() => parseMachine(machine(`"limits":{"fieldBits":${keyed(name, 1)}}`), 'm'), 'limits.fieldBits names')
    refuses(() => parseMachine(keyed('base', name), 'm'), `no machine '${name}'`)
  })

  test('as a constant of the power estimate', () => {
    refuses(() => givenConstants(JSON.parse(keyed(name, 1)), 'p'), `no constant '${name}'`)
  })

  test('as a field of a program’s metadata and as a word of assembly', () => {
    const text = metadataText(sampleProgram())
    const more = `${text.slice(0, -1)},${keyed(name, 1).slice(1)}`
    refuses(() => parseMetadata(more, 'm'), `unknown field '${name}'`)
    refuses(() => assemble(`.machine tiny\n${name}\n`, 'a'), name)
    refuses(() => assemble(`.machine tiny\nLOADW ${name}=1\n`, 'a'), name)
  })

  test('as an operator, a domain and an attribute', () => {
    const graph = new GraphBuilder('g')
    graph.input('x', [1, 1, 1, 1])
    const base = { ...graph.build([]), outputs: [{ name: 'y', elementType: 'float32', shape: [1, 1, 1, 1] }] } as const
    const node = { name: 'n', op: 'Relu', inputs: ['x'], outputs: ['y'], attributes: {} }
    const read = (own: object) => () => readOnnx(writeOnnx({ ...base, nodes: [{ ...node, ...own }] }), 'm')
    refuses(read({ op: name }), `unknown operator ${name}`)
    refuses(read({ domain: name }), name)
    refuses(read({ attributes: Object.fromEntries([[name, 1]]) }), `the attribute '${name}'`)
  })
})

test.each(['toString', '__proto__'])('%s is unknown as a layer that an option names', async (name) => {
  const words = [
    'compile',
    model,
    '-o',
    join(folder, 'o'),
    '--machine',
    'tiny',
    '--density-of',
    `${name}=0.5`,
    '--no-cache',
  ]
  const { exitCode, err } = await runDlp(...words)
  expect(err).toContain(name)
  expect(exitCode).toBe(1)
})

test('JSON that nests deeply is refused by one sentence, in every file of JSON', () => {
  const deep = '['.repeat(30_000) + ']'.repeat(30_000)
  const texts = [
    () => parseMachine(`{"base":"edge","rows":${deep}}`, 'm'),
    () => parseMachine(deep, 'm'),
    () => parseMachine(`{"base":${deep}}`, 'm'),
    () => parseMetadata(deep, 'm'),
    () => assemble(`.machine tiny\n.input {"name":${deep}}\n`, 'm'),
  ]
  for (const read of texts) {
    expect(read).toThrow(DlpError)
    expect(read).toThrow('nests lists and objects more than 32 deep')
  }
})

test('a message quotes the file of a machine only in part', () => {
  for (const text of [
    keyed('rows', 'x'.repeat(60_000)),
    keyed('x'.repeat(60_000), 1),
    keyed('base', 'x'.repeat(60_000)),
  ])
    expect(() => parseMachine(text, 'm')).toThrow(/^.{1,600}$/)
})
