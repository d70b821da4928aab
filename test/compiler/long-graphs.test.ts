// Graphs of thousands of nodes compile, or are refused, in memory that grows linearly with the number of nodes.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../support/source-files.ts'

/** With so many nodes, a list of all earlier names at each node took 140 MiB and more. */
const nodes = 6000
const heapMegabytes = 72

const long = ['Relu after Relu', 'Clip after Clip', 'Constant nodes without consumers']

test('chains of thousands of nodes compile within a small heap, without a deep stack', async () => {
  const words = [
    `--max-old-space-size=${heapMegabytes}`,
    '--import',
    'tsx',
    join(root, 'test/support/compile-long-graphs.ts'),
    String(nodes),
    ...long,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root })
  expect(stdout.trim().split('\n')).toEqual(long.map((name) => `${name}: compiled`))
}, 120_000)

test('chains of nodes on codes, between the input and the first DequantizeLinear, compile likewise', async () => {
  const names = ['Clip after Clip of codes', 'Identity after Identity of codes']
  const words = [
    `--max-old-space-size=${heapMegabytes}`,
    '--import',
    'tsx',
    join(root, 'test/support/compile-long-graphs.ts'),
    '12000',
    ...names,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root })
  expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name}: compiled`))
}, 120_000)

test('a value with 1,500 consumers is refused with the reason and what is allowed', async () => {
  const words = [
    `--max-old-space-size=${heapMegabytes}`,
    '--import',
    'tsx',
    join(root, 'test/support/compile-long-graphs.ts'),
    '1500',
    'a fan joined by Concat',
    'a Split into many, joined again',
  ]
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root })
  for (const line of stdout.trim().split('\n')) expect(line).toMatch(/: refused: .*; allowed: /)
}, 120_000)
