// Names of classes, as exporters and people write them; and outputs as JSON, which carry them.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classesFrom, classesOf } from '../../../toolchain/models/class-names.ts'
import { outputReports } from '../../../toolchain/reports/outputs.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { print } from '../../../isa/assembly/print.ts'
import { assemble } from '../../../isa/assembly/assemble.ts'
import { readProgram } from '../../../isa/container/read.ts'
import { verifyProgram } from '../../../isa/container/verify.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import { sampleProgram } from '../../isa/container/sample-program.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { runDlp } from '../../cli/run-dlp.ts'

const name = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/\p{Cs}/u.test(text))
const names = fc.array(name, { minLength: 1, maxLength: 12 })

describe('names in metadata', () => {
  test.each([
    ['names', "{0: 'tench', 1: \"cock's comb\", 2: 'a\\'b'}", ['tench', "cock's comb", "a'b"]],
    ['names', '{1: "b", 0: "a", 2: "c"}', ['a', 'b', 'c']],
    ['classes', '["a", "b\\u0041", "c, d"]', ['a', 'bA', 'c, d']],
    ['labels', "['a', 'b', 'c',]", ['a', 'b', 'c']],
    ['labels', '{"0": "a", "1": "b", "2": "c"}', ['a', 'b', 'c']],
    ['classes', 'a\nb b\r\nc', ['a', 'b b', 'c']],
  ])('%s of %s', (key, text, expected) => {
    expect(classesOf(new Map([[key, text]]), 3)).toEqual(expected)
  })

  test('are read back from JSON, whatever characters they have', () => {
    fc.assert(
      fc.property(names, (list) => {
        expect(classesOf(new Map([['names', JSON.stringify(list)]]), list.length)).toEqual(list)
        const numbered = JSON.stringify(Object.fromEntries(list.entries()))
        expect(classesOf(new Map([['names', numbered]]), list.length)).toEqual(list)
      }),
    )
  })

  test('that are not one a score, or no names, are none', () => {
    const texts = ["{0: 'a', 2: 'b'}", "{0: 'a', 0: 'b'}", '{0: a, 1: b}', '["a"', '[1, 2]', '["a","b","c"]', `["a", "${'x'.repeat(257)}"]`, '{', '{999999: "a", 1: "b"}'] // prettier-ignore
    for (const text of texts) expect(classesOf(new Map([['names', text]]), 2), text).toBeUndefined()
    expect(classesOf(new Map(), 2)).toBeUndefined()
  })

  test('are looked for in time that grows with their length, whatever stands there', () => {
    const start = performance.now()
    for (const text of [
      `{${'0:'.repeat(1e6)}`,
      `['${'\\'.repeat(1e6)}`,
      `[${' '.repeat(1e6)}`,
      `{0: '${"a'".repeat(5e5)}`,
    ])
      expect(classesOf(new Map([['names', text]]), 2)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

test('names in a file are its lines; too many, too long or none are refused', async () => {
  const path = join(await temporaryFolder(), 'names.txt')
  const linesOf = async (text: string) => (await writeFile(path, text), classesFrom(path))
  expect(await linesOf('\uFEFFa\r\n b \n\nc\n')).toEqual(['a', ' b ', '', 'c'])
  await expect(linesOf('')).rejects.toThrow('names.txt: is empty')
  await expect(linesOf('x'.repeat(257))).rejects.toThrow('1 lines, the longest of 257 characters')
  await expect(linesOf('x\n'.repeat(65537))).rejects.toThrow('65537 lines')
})

test('a program carries names through its file and its text, and has one a score', () => {
  const sample = sampleProgram()
  const scores = sample.outputs[0]!.shape[0]!
  fc.assert(
    fc.property(fc.array(name, { minLength: scores, maxLength: scores }), (classes) => {
      const program = { ...sample, classes }
      expect(readProgram(writeProgram(program), 'p').classes).toEqual(classes)
      expect(assemble(print(program), 'p').classes).toEqual(classes)
      expect(verifyProgram(program)).toEqual(verifyProgram(sample))
    }),
  )
  expect(verifyProgram({ ...sample, classes: ['a'] })).toContain(`1 class names for ${scores} scores`)
})

/** A model of three classes, one pixel and three channels that are its scores. */
async function model(metadata: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder()
  const graph = new GraphBuilder('scores')
  for (const [key, value] of Object.entries(metadata)) graph.metadata(key, value)
  const flat = graph.node('Flatten', [graph.node('GlobalAveragePool', [graph.input('input', [1, 3, 2, 2])])], {
    axis: 1,
  })
  const weights = graph.constant('w', tensorOf('float32', [1, 0, 0, 0, 2, 0, 0, 0, 3], [3, 3]))
  const path = join(folder, 'm.onnx')
  await writeFile(path, writeOnnx(graph.build([graph.node('Gemm', [flat, weights], { transB: 1 })])))
  const program = join(folder, 'p.dlp')
  const compile = (...words: readonly string[]) =>
    runDlp('compile', path, '-o', program, '--machine', 'tiny', '--no-cache', ...words)
  return { folder, program, compile }
}

/** A model whose output is a map: a convolution of one pixel. */
async function mapModel(channels: number, side: number, names: readonly string[]) {
  const folder = await temporaryFolder()
  const graph = new GraphBuilder('map')
  graph.metadata('names', JSON.stringify(names))
  const ones = tensorOf('float32', new Float32Array(channels * 3).fill(1), [channels, 3, 1, 1])
  const map = graph.node('Conv', [graph.input('input', [1, 3, side, side]), graph.constant('w', ones)])
  const [path, program] = [join(folder, 'm.onnx'), join(folder, 'p.dlp')]
  await writeFile(path, writeOnnx(graph.build([map])))
  const found = await runDlp('compile', path, '-o', program, '--machine', 'tiny', '--no-cache')
  return { ...found, classes: readProgram(await readFile(program), 'p').classes }
}

test.each([
  [4, 8],
  [3, 2],
  [2, 1],
])('a map of %i channels, %i pixels wide, has a name a channel, not one a value', async (channels, side) => {
  const list = (length: number) => Array.from({ length }, (_, at) => `c${at}`)
  const right = await mapModel(channels, side, list(channels))
  expect(right).toMatchObject({ exitCode: 0, classes: list(channels) })
  expect(right.err).not.toContain('class names')
  for (const count of new Set([channels * side ** 2, channels + 1]))
    if (count !== channels)
      expect(await mapModel(channels, side, list(count))).toMatchObject({
        exitCode: 0,
        classes: undefined,
        err: expect.stringContaining(
          `class names in its metadata are not ${channels} names, and are ignored`,
        ) as string,
      })
})

interface Outputs {
  readonly outputs: readonly {
    readonly shape: number[]
    readonly values: number[]
    readonly greatest: { class: number; name?: string; value: number }[]
  }[]
}

describe('simulate', () => {
  test('prints outputs and the greatest classes as JSON, with the names of the model or of a file', async () => {
    const { folder, program, compile } = await model({ names: "{0: 'ant', 1: 'bee', 2: 'c\\x1b[31m'}" })
    expect((await compile()).exitCode).toBe(0)
    const { out } = await runDlp('simulate', program, '--json')
    const [{ shape, values, greatest }] = (JSON.parse(out) as Outputs).outputs as [Outputs['outputs'][number]]
    expect([shape, values.length, greatest.length]).toEqual([[3], 3, 3])
    expect(greatest[0]!.value).toBe(Math.max(...values))
    for (const { class: index, name: own, value } of greatest) {
      expect(value).toBe(values[index])
      expect(own).toBe(['ant', 'bee', 'c\u001B[31m'][index])
    }
    const text = (await runDlp('simulate', program)).out
    expect(text).toMatch(/greatest of '\S+' +.*\d ant \(/)
    expect(text).toContain('c\\u001b[31m')
    const file = join(folder, 'names.txt')
    await writeFile(file, 'x\ny\nz\n')
    expect((await runDlp('simulate', program, '--classes', file)).out).toMatch(/\d [xyz] \(/)
    await writeFile(file, 'x\ny\n')
    expect((await runDlp('simulate', program, '--classes', file)).err).toMatch(
      /2 class names; allowed: 3, one for each score/,
    )
  })

  test('has no names where the model has none; wrong ones are ignored with a warning', async () => {
    const plain = await model({})
    await plain.compile()
    expect(readProgram(await readFile(plain.program), 'p').classes).toBeUndefined()
    const wrong = await model({ labels: '["a", "b"]' })
    expect((await wrong.compile()).err).toMatch(/class names in its metadata are not 3 names, and are ignored/)
    expect(readProgram(await readFile(wrong.program), 'p').classes).toBeUndefined()
  })
})

test('outputs with more values than a report may hold are replaced by a note', () => {
  const { machine } = sampleProgram()
  const tensor = { ...sampleProgram().outputs[0]!, shape: [5000], bytes: 20032, scale: [1] }
  const bytes = new Uint8Array(20032)
  new DataView(bytes.buffer).setInt32(4 * 4321, 77, true)
  const [found] = outputReports({ ...sampleProgram(), machine, outputs: [tensor] }, { [tensor.name]: bytes }, undefined)
  expect(found).not.toHaveProperty('values')
  expect(found).toMatchObject({
    note: expect.stringMatching(/5000 values, more than the 4096/),
    greatest: [{ class: 4321, value: 77 }, {}, {}, {}, {}],
  })
})
