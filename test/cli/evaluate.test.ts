// dlp evaluate: accuracy on folders and lists, two models compared, and one clear error for bad input.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { comparisonOf, tallyOf } from '../../toolchain/evaluation/tally.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { writeProgram } from '../../isa/container/write.ts'
import type { Instruction } from '../../isa/instruction.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

/** A model that classifies the colour of a picture: the class is the channel with the greatest mean, of red, green and blue. */
function colourModel(metadata: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const graph = new GraphBuilder('colours')
  for (const [key, value] of metadata) graph.metadata(key, value)
  const input = graph.input('input', [1, 3, 4, 4])
  const flat = graph.node('Flatten', [graph.node('GlobalAveragePool', [input])], { axis: 1 })
  const weights = graph.constant('w', tensorOf('float32', [1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]))
  const bias = graph.constant('b', tensorOf('float32', [0, 0, 0], [3]))
  return writeOnnx(graph.build([graph.node('Gemm', [flat, weights, bias], { transB: 1 })]))
}

/** The same of codes: bytes, which pixels are. */
function bytesModel(): Uint8Array {
  const graph = new GraphBuilder('bytes')
  const number = (name: string, type: 'float32' | 'int8' | 'uint8', value: number) =>
    graph.constant(name, tensorOf(type, [value], []))
  const [scale, zero] = [number('s', 'float32', 0.01), number('z', 'uint8', 0)]
  const input = graph.node('DequantizeLinear', [graph.input('input', [1, 3, 4, 4], 'uint8'), scale, zero])
  const own = Array.from({ length: 9 * 16 }, (_, at) => (Math.floor(at / 64) === Math.floor((at % 48) / 16) ? 8 : 0))
  const weights = graph.node('DequantizeLinear', [
    graph.constant('w', tensorOf('int8', own, [3, 3, 4, 4])),
    number('ws', 'float32', 0.01),
    number('wz', 'int8', 0),
  ])
  return writeOnnx(graph.build([graph.node('QuantizeLinear', [graph.node('Conv', [input, weights]), scale, zero])]))
}

const picture = (background: { r: number; g: number; b: number }, size = 4): Promise<Buffer> =>
  sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer()

/** Red, green and blue pictures in folders of those names in alphabetical order: blue is class 0, so that only green is classified correctly. */
async function files() {
  const folder = await temporaryFolder()
  const data = join(folder, 'data')
  const colours = { blue: { r: 0, g: 0, b: 250 }, green: { r: 0, g: 250, b: 0 }, red: { r: 250, g: 0, b: 0 } }
  for (const [name, colour] of Object.entries(colours)) {
    await mkdir(join(data, name), { recursive: true })
    for (const at of [0, 1]) await writeFile(join(data, name, `${at}.png`), await picture(colour, 4 + 4 * at))
  }
  const model = join(folder, 'm.onnx')
  await writeFile(model, colourModel())
  return { folder, data, model }
}

/** The complete preprocessing, so that there is no warning. */
const evaluate = (model: string, data: string, ...words: readonly string[]) =>
  runDlp('evaluate', model, '--dataset', data, '--workers', '1', '--mean', '0', '--resize', '4', ...words)

describe('evaluate', () => {
  test('counts correct predictions over class folders, with the confusion of classes as JSON', async () => {
    const { model, data } = await files()
    const { exitCode, out, err } = await evaluate(model, data, '--json')
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    const report = JSON.parse(out) as { images: number; imagesPerSecond: number }
    expect(report).toMatchObject({
      images: 6,
      classes: ['blue', 'green', 'red'],
      models: [{ top1: 1 / 3, top5: 1, confusion: [[0, 0, 2], [0, 2, 0], [2, 0, 0]] }], // prettier-ignore
    })
    expect(report.imagesPerSecond).toBeGreaterThan(0)
  })

  test('takes a list of pictures with numbers, and a limit', async () => {
    const { folder, model } = await files()
    const list = join(folder, 'list.txt')
    await writeFile(list, 'data/red/0.png 0\ndata/green/0.png 1\n\ndata/blue/1.png\t2\ndata/red/1.png,2\n')
    expect((await evaluate(model, list)).out).toMatch(/top-1 of \S+ +75\.0 %/)
    expect((await evaluate(model, list, '--limit', '3')).out).toMatch(/top-1 of \S+ +100\.0 %[^]*pictures +3,/)
  })

  test('follows the order of channels, from the flag or the metadata', async () => {
    const { folder, model, data } = await files()
    expect((await evaluate(model, data, '--channel-order', 'bgr')).out).toMatch(/100\.0 %/)
    const other = join(folder, 'bgr.onnx')
    await writeFile(
      other,
      colourModel(
        new Map([
          ['channel_order', 'bgr'],
          ['std', '0.5'],
        ]),
      ),
    )
    expect((await evaluate(other, data)).out).toMatch(/100\.0 %/)
  })

  test('runs programs, and compares two picture by picture', async () => {
    const { folder, model, data } = await files()
    const program = join(folder, 'p.dlp')
    expect((await runDlp('compile', model, '-o', program, '--machine', 'tiny', '--weights', '8')).exitCode).toBe(0)
    const { out } = await evaluate(program, data, '--against', model)
    expect(out).toMatch(/same class +100\.0 %\ncorrect +both 2, only the first 0, only the second 0, none 4/)
  })

  test('warns of no unknown mean and std where pixels are the codes of the model', async () => {
    const { folder, data } = await files()
    const [model, program] = [join(folder, 'bytes.onnx'), join(folder, 'bytes.dlp')]
    await writeFile(model, bytesModel())
    expect(await runDlp('compile', model, '-o', program, '--machine', 'edge')).toMatchObject({ exitCode: 0, err: '' })
    for (const path of [model, program]) {
      const { out, err } = await runDlp('evaluate', path, '--dataset', data, '--workers', '1', '--resize', '4')
      expect(err).toBe('')
      expect(out).toMatch(/33\.3 %/)
    }
  })

  test('uses all cores by default', async () => {
    const { model, data } = await files()
    expect((await runDlp('evaluate', model, '--dataset', data)).out).toMatch(/33\.3 %/)
  })
})

describe('evaluate refuses', () => {
  test('an empty folder, a folder without pictures, and what does not exist', async () => {
    const { folder, model } = await files()
    const empty = join(folder, 'empty')
    await mkdir(join(empty, 'class'), { recursive: true })
    expect((await evaluate(model, empty)).err).toMatch(/empty: holds no picture; allowed: a folder that holds a folder/)
    expect((await evaluate(model, join(folder, 'none'))).err).toMatch(/none: cannot be read: no such file or folder/)
  })

  test('a picture that cannot be read, with its name', async () => {
    const { data, model } = await files()
    await writeFile(join(data, 'red', '9.png'), 'no picture')
    const { exitCode, err } = await evaluate(model, data)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/9\.png: is not a readable picture/)
    expect(err.trim().split('\n').length).toBe(1)
  })

  test('more classes than the model has, and a malformed line of a list', async () => {
    const { folder, data, model } = await files()
    await mkdir(join(data, 'violet'))
    expect((await evaluate(model, data)).err).toMatch(/it has 4 classes, but '.*m\.onnx' has 3/)
    const list = join(folder, 'list.txt')
    await writeFile(list, 'data/red/0.png 0\nred\n')
    expect((await evaluate(model, list)).err).toMatch(/list\.txt, line 2: 'red'; allowed: PICTURE CLASS/)
    for (const path of ['../secret.png', '/etc/secret.png']) {
      await writeFile(list, `data/red/0.png 0\n${path} 1\n`)
      expect((await evaluate(model, list)).err).toMatch(/list\.txt, line 2: '.*' is outside of the list's folder/)
    }
  })

  test('a program whose result for a picture depends on the picture before, naming the dependence', async () => {
    const { folder, data } = await files()
    const program = join(folder, 'p.dlp')
    const sample = sampleProgram()
    const accumulating = (each: Instruction): Instruction => (each.op === 'COMPUTE' ? { ...each, accumulate: 1 } : each)
    await writeFile(program, writeProgram({ ...sample, instructions: sample.instructions.map(accumulating) }))
    const { exitCode, err } = await evaluate(program, data)
    expect(exitCode).toBe(1)
    expect(err).toMatch(
      /^dlp: .*p\.dlp: a run depends on earlier runs: #6 COMPUTE .* reads partial sums of all rows before #6 COMPUTE .*; allowed: programs whose result depends on the picture alone\n$/,
    )
    await writeFile(program, writeProgram(sample))
    expect((await evaluate(program, data)).exitCode).toBe(0)
  })

  test('files of another kind, and invalid counts', async () => {
    const { data, model } = await files()
    expect((await evaluate('m.tflite', data)).err).toMatch(/'m\.tflite' is neither a \.dlp nor an \.onnx file/)
    expect((await evaluate(model, data, '--limit', '0')).err).toMatch(/--limit: 0 is not a whole number of at least 1/)
  })
})

test('a tally counts the fifth guess, a comparison every case', () => {
  expect(tallyOf([3, 0], [[0, 1, 2, 4, 3], [0, 1, 2, 3, 4]], 5)).toMatchObject({ top1: 0.5, top5: 1 }) // prettier-ignore
  expect(comparisonOf([0, 1, 2, 3], [0, 1, 0, 0], [0, 0, 2, 0])).toEqual({
    agreement: 0.5,
    bothRight: 1,
    onlyFirst: 1,
    onlySecond: 1,
    bothWrong: 1,
  })
})
