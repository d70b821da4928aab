// dlp ops: the operators, their constraints, and which of them the machine executes.

import { expect, test } from 'vitest'
import { operatorList } from '../../compiler/operator-list.ts'
import { runDlp } from './run-dlp.ts'

test('it lists every operator with its constraints, each a line', async () => {
  const { exitCode, out } = await runDlp('ops')
  expect(exitCode).toBe(0)
  for (const { name, support, constraints } of operatorList()) {
    expect(out).toContain(`\n${name} (${support}): `)
    for (const constraint of constraints) expect(out).toContain(`  - ${constraint}\n`)
  }
})

test('it shows one operator, in upper or lower case', async () => {
  const { out } = await runDlp('ops', 'maxpool')
  expect(out).toMatch(/\nMaxPool \(layer\): Maximum of each window/)
  expect(out).toContain('  - in a layer: dilations are 1')
  expect(out).not.toContain('Conv')
})

test('as JSON it is the list itself', async () => {
  const { out } = await runDlp('ops', '--json')
  expect(JSON.parse(out)).toMatchObject({ operators: operatorList() })
})

test('it refuses an operator that is not supported', async () => {
  const { exitCode, err } = await runDlp('ops', 'LSTM')
  expect(exitCode).toBe(1)
  expect(err).toContain("dlp: operator 'LSTM' is not supported; allowed: Abs, Add, ")
})
