// The generator writes every file, finds the stale ones, and what is checked in is what it writes.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { generatedFiles } from '../../../tools/generate/files.ts'
import { manual } from '../../../isa/generate/manual.ts'
import { timingConstants } from '../../../isa/generate/timing-constants.ts'
import type { Field } from '../../../base/bits.ts'
import { instructions } from '../../../isa/instructions.ts'
import { machineLaws } from '../../../isa/model/machine-laws.ts'
import { registers } from '../../../isa/registers.ts'
import { statuses } from '../../../isa/status.ts'
import { extentRules, machineRules, rules } from '../../../isa/validate.ts'
import { root } from '../../support/source-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'dlp-generate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function generate(...parameters: readonly string[]): { readonly status: number | null; readonly lines: string[] } {
  const main = join(root, 'tools', 'generate', 'main.ts')
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', main, ...parameters, folder], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, lines: stdout.trim().split('\n') }
}

test('it writes what is missing, is content with what is fresh, and names what is stale', () => {
  const paths = generatedFiles().map(({ path }) => path)
  expect(generate('--check')).toEqual({ status: 1, lines: paths.map((path) => `stale: ${path}`) })
  expect(generate()).toEqual({ status: 0, lines: paths.map((path) => `wrote ${path}`) })
  expect(generate('--check')).toEqual({ status: 0, lines: ['generated files are up to date'] })
  appendFileSync(join(folder, 'isa', 'MANUAL.md'), 'more\n')
  expect(generate('--check')).toEqual({ status: 1, lines: ['stale: isa/MANUAL.md'] })
})

test.each(generatedFiles())('$path is checked in as generated', ({ path, text }) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text)
})

test('the manual has every instruction, field, rule, law, register, status and timing constant', () => {
  const text = manual()
  for (const [op, { summary, fields }] of Object.entries(instructions)) {
    expect(text).toContain(`### ${op}\n`)
    expect(text).toContain(summary)
    for (const [name, field] of Object.entries<Field>(fields)) {
      expect(text).toContain(`| \`${name}\` |`)
      expect(text).toContain(field.summary)
    }
  }
  for (const { sentence } of [...rules, ...machineRules, ...extentRules, ...machineLaws])
    expect(text).toContain(`- ${sentence}`)
  for (const [name, { summary }] of Object.entries({ ...registers, ...statuses })) {
    expect(text).toContain(`| \`${name}\` |`)
    expect(text).toContain(`| ${summary} |`)
  }
  for (const { name, value } of timingConstants()) expect(text).toContain(`| \`${name}\` | ${value} |`)
})

test('every timing constant stands under a sentence of its own', () => {
  expect(timingConstants().length).toBeGreaterThan(0)
  expect(timingConstants().filter(({ summary }) => summary === '')).toEqual([])
})
