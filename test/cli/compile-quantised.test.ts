// dlp compile of quantised models: --exact-qdq keeps every rounding, and is refused for float models.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { build } from '../../examples/resnet8/build.ts'
import { readProgram } from '../../isa/container/read.ts'
import { shortcutModel } from '../support/quantised-models.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

/** Compiles a file's bytes for `edge`; the layers' names and what was printed. */
async function compiled(bytes: Uint8Array, ...words: readonly string[]) {
  const folder = await temporaryFolder()
  const [model, program] = [join(folder, 'm.onnx'), join(folder, 'p.dlp')]
  await writeFile(model, bytes)
  const finished = await runDlp('compile', model, '-o', program, '--machine', 'edge', '--json', ...words)
  const layers =
    finished.exitCode === 0 ? readProgram(await readFile(program), program).layers.map(({ kind }) => kind) : []
  return { ...finished, layers }
}

test('--exact-qdq keeps a rounding that a fused layer would omit', async () => {
  // The inner codes reach as far as the convolution: nothing can saturate there.
  const model = writeOnnx(shortcutModel([19 / 255, 127], [21 / 255, 127]))
  const joined = await compiled(model)
  const exact = await compiled(model, '--exact-qdq')
  expect([joined.exitCode, exact.exitCode]).toEqual([0, 0])
  expect(joined.layers).toEqual(['linear'])
  expect(exact.layers).toEqual(['linear', 'linear'])
  for (const { out } of [joined, exact]) expect(JSON.parse(out)).toMatchObject({ scales: 'given', warnings: [] })
})

test('--exact-qdq of a float model is refused in one line', async () => {
  const { exitCode, out, err } = await compiled(build(), '--exact-qdq')
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
  expect(err).toMatch(
    /^dlp: model 'm': exact QDQ is requested, but the model is not quantised; allowed: [^\n]*leave --exact-qdq out\)\n$/,
  )
})

test('--explain prints what every operator became, and so does --json', async () => {
  const model = writeOnnx(shortcutModel([19 / 255, 127], [21 / 255, 127]))
  const { out } = await compiled(model, '--explain')
  const { operators } = JSON.parse(out) as { operators: { op: string; outcome: string; layers: string[] }[] }
  expect(operators.filter(({ op }) => op === 'Conv').map(({ outcome }) => outcome)).toEqual(['layer'])
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'm.onnx'), model)
  const text = await runDlp(
    'compile',
    join(folder, 'm.onnx'),
    '-o',
    join(folder, 'p.dlp'),
    '--machine',
    'edge',
    '--explain',
  )
  const lines = text.out.split('\n')
  expect(lines[0]).toMatch(/^operator +node +became +layers +why$/)
  for (const { op, outcome } of operators) expect(text.out).toMatch(new RegExp(`^${op} .* ${outcome}\\b`, 'm'))
  expect(
    (await runDlp('compile', join(folder, 'm.onnx'), '-o', join(folder, 'p.dlp'), '--machine', 'edge')).out,
  ).not.toContain('became')
})
