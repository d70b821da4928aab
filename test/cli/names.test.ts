// Names from files and arguments are escaped: no command prints a character that acts on a terminal, or a line that is not dlp's own.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeProgram } from '../../isa/container/write.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { bytesOf, node, noise } from '../support/onnx-model.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Finished, runDlp } from './run-dlp.ts'

const obeyed = /[\p{Bidi_Control}\p{Cs}\u2028\u2029\ufeff]|(?!\n)\p{Cc}/u
/** Would start a line of its own if it were printed unescaped. */
const falseLine = 'dlp: all is well'
const piece = fc.constantFrom('a', 'Conv', ' ', '\n', '\r', '\t', '\x1b[2J', '\x07', '\x7f', '\x9b31m', '\u202e', '\u2066', '\u200f', '\u2028', '\ud800', `\n${falseLine}\n`) // prettier-ignore
const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
)
/** As much of a name as a program's file may hold. */
const inProgram = (name: string): string => name.replace(/[\p{Cc}\p{Cs}]/gu, '')

function expectHarmless({ out, err }: Finished): void {
  for (const text of [out, err]) {
    expect(text).not.toMatch(obeyed)
    expect(text.split('\n')).not.toContain(falseLine)
  }
}

async function check(
  runs: number,
  name: fc.Arbitrary<string>,
  lines: (name: string, folder: string) => readonly (readonly string[])[],
): Promise<void> {
  const folder = await temporaryFolder()
  await fc.assert(
    fc.asyncProperty(name, async (each) => {
      for (const words of lines(each, folder)) expectHarmless(await runDlp(...words))
    }),
    { numRuns: runs, examples: [[`\n${falseLine}\n`], ['\x1b[2J\u202e']] },
  )
}

describe('escaped are the names of', () => {
  test('everything in programs', async () => {
    await check(8, anyName, (given, folder) => {
      const name = inProgram(given)
      const path = join(folder, 'p.dlp')
      const program = sampleProgram()
      const named = <T extends object>(all: readonly T[]): T[] => all.map((each) => ({ ...each, name }))
      writeFileSync(path, writeProgram({
        ...program,
        name,
        machine: { ...program.machine, name: name === '' ? 'x' : name },
        inputs: named(program.inputs),
        outputs: named(program.outputs),
        layers: named(program.layers),
      }))
      return ['inspect', 'inspect --json', 'verify', 'disasm', 'simulate', 'simulate --json', 'simulate --losses --trace -'].map((line) => {
        const [command = '', ...rest] = line.split(' ')
        return [command, path, ...rest]
      })
    }) // prettier-ignore
  })

  test('nodes, tensors and operators of models', async () => {
    await check(8, anyName, (name, folder) => {
      const model = (...nodes: readonly ReturnType<typeof node>[]): Uint8Array =>
        bytesOf({ opset: 13, inputs: { x: [1, 3, 8, 8] }, outputs: ['y'], constants: { w: noise(1, 4, 3, 3, 3) }, nodes })
      const conv = { ...node('Conv', 'y', 'x w', { pads: [1, 1, 1, 1] }), name }
      const paths = ['layer', 'operator', 'tensor'].map((each) => join(folder, `${each}.onnx`))
      writeFileSync(paths[0]!, model(conv))
      writeFileSync(paths[1]!, model({ ...conv, opType: name }))
      writeFileSync(paths[2]!, model({ ...conv, input: [name, 'w'] }))
      const compile = (path: string, ...rest: readonly string[]): string[] =>
        ['compile', path, '-o', join(folder, 'm.dlp'), '--machine', 'tiny', '--no-cache', ...rest]
      return [
        ...paths.map((path) => compile(path)),
        compile(paths[0]!, '--density-of', `${name}x=0.5`),
        ['quantize', paths[1]!, '-o', join(folder, 'q.onnx')],
      ]
    }) // prettier-ignore
  })

  test('words of assembly, data sets and constants', async () => {
    await check(20, anyName, (text, folder) => {
      const path = join(folder, 'text')
      writeFileSync(path, text.startsWith('a') ? `.machine tiny\n  LOADT ${text}\n${text}` : text)
      return [
        ['asm', path, '-o', join(folder, 'p')],
        ['evaluate', 'none.dlp', '--dataset', path],
        ['simulate', 'none.dlp', '--power-constants', path],
        ['verify', path],
      ]
    })
  })

  test('arguments: paths, commands, flags and values', async () => {
    await check(
      20,
      anyName.filter((word) => !word.includes('\0')),
      (word, folder) => [
        ['verify', join(folder, word)],
        ['disasm', 'none.dlp', '-o', join(folder, word, 'x')],
        [word],
        ['verify', `--${word}`],
        ['ops', word],
        ['compile', 'none.onnx', '-o', 'x', `--machine=${word}`],
        ['compile', 'none.onnx', '-o', 'x', `--mean=${word}`],
        ['compile', 'none.onnx', '-o', 'x', `--weights-in=${word}`],
        ['simulate', 'none.dlp', `--seed=${word}`],
        ['verify', 'none.dlp', '--debug', word],
      ],
    )
  })
})
