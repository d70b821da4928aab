// The command line accepts each flag once, by its own name and with its value; help and version are always available.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../support/source-files.ts'
import { runDlp } from './run-dlp.ts'

describe('refuses with exit code 2, before any file is read,', () => {
  test.each([
    ['simulate p --seed 1 --seed 2', '--seed is given twice'],
    ['simulate p --seed 1 --seed=1', '--seed is given twice'],
    ['simulate p -o a --output b', '-o and --output: only one of them can be'],
    ['simulate p -oa -ob', '-o is given twice'],
    ['simulate p --json --json', '--json is given twice'],
    ['simulate p --json --no-json', '--json and --no-json: only one of them can be'],
    ['simulate p --powerConstants a --power-constants b', '--powerConstants and --power-constants: only one'],
    ['compile m -o p --cache x --no-cache', '--cache and --no-cache: only one of them can be'],
    ['simulate p --seed', '--seed takes a value'],
    ['simulate p -o --json', '-o takes a value'],
    ['simulate p --output=', '--output takes a value'],
    ['simulate p --json=yes', "--json: 'yes' is neither true nor false"],
    ['simulate p --timing-only=1', "--timing-only: '1' is neither true nor false"],
    ['simulate p --timingOnly=TRUE', "--timingOnly: 'TRUE' is neither true nor false"],
    ['ops --json=', "--json: '' is neither true nor false"],
    ['ops --help=maybe', "--help: 'maybe' is neither true nor false"],
    ['ops --no-json=true', 'Unknown arguments: no-json'],
    ['compile m -o p --density-of -', "--density-of: '-' is not of the form NAME=NUMBER"],
    ['compile m -o p --density-of=-', "--density-of: '-' is not of the form NAME=NUMBER"],
    ['compile m -o p --density-of a=1 --density-of -', "--density-of: '-' is not of the form NAME=NUMBER"],
    ['simulate p --no-seed', 'Unknown argument: no-seed'],
    ['simulate p --output.path x', 'Unknown argument: output.path'],
    ['simulate p --imges 3', "Unknown argument: imges; did you mean '--images'?"],
    ['simulate p -output x', "Unknown argument: output; did you mean '--output'?"],
    ['simulate p -x', 'Unknown argument: x'],
    ['simulate p q', 'Unknown argument: q'],
    ['simulat p', "Unknown command: simulat; did you mean 'simulate'?"],
    ['-o simulate compile p', '-o: options must follow the command'],
    ['--json inspect p', '--json: options must follow the command'],
    ['frobnicate', 'Unknown command: frobnicate; there are quantize, compile, '],
    ['compile - -o - --json', '--json and --output -: only one of them can be written to standard output'],
    ['simulate - --expect -', 'program and expect: only one of them can be read from standard input'],
    ['simulate - --classes -', 'program and classes: only one of them can be read from standard input'],
    ['compile - -o p --classes -', 'model and classes: only one of them can be read from standard input'],
  ])('dlp %s', async (line, message) => {
    const { exitCode, out, err } = await runDlp(...line.split(' '))
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toContain(`dlp: ${message}`)
    expect(err).toMatch(/^[^\n]* \(see dlp --help\)\n$/)
  })
})

test('takes an option of several values several times, and numbers below zero as values', async () => {
  const many = await runDlp('compile', 'none.onnx', '-o', 'p.dlp', '--density-of', 'a=0.5', '--density-of', 'b=0.5')
  expect(many.err).toContain('none.onnx: cannot be read')
  expect((await runDlp('simulate', 'none.dlp', '--seed', '-1')).err).toContain('none.dlp: cannot be read')
  expect((await runDlp('compile', 'none.onnx', '-o', 'p.dlp', '--mean', '-1,.5', '--no-cache')).err).toContain(
    'none.onnx',
  )
})

test('`-` is not the name of a machine, and is not read as one', async () => {
  const { exitCode, err } = await runDlp('compile', '-', '-o', 'p.dlp', '--machine', '-')
  expect(exitCode).toBe(1)
  expect(err).toContain("no machine '-'")
})

test.each([['--machine', 'tinny', 'tiny']])('%s %s: suggests what was probably meant', async (option, word, meant) => {
  const { exitCode, err } = await runDlp('compile', 'none.onnx', '-o', 'p.dlp', option, word)
  expect(exitCode).toBe(1)
  expect(err).toContain(`did you mean '${meant}'?`)
})

test('a boolean flag may have the value true or false', async () => {
  const [plain, json] = [await runDlp('ops'), await runDlp('ops', '--json')]
  expect(plain.out).not.toBe(json.out)
  expect(await runDlp('ops', '--json=true')).toEqual(json)
  expect(await runDlp('ops', '--json=false')).toEqual(plain)
})

describe('help', () => {
  test('is printed without a command, exit code 2', async () => {
    const { exitCode, out, err } = await runDlp()
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: '' })
    expect(out).toContain('dlp compile <model>')
  })

  test('has several names', async () => {
    const { exitCode, out } = await runDlp('verify', '--help')
    expect(out).toMatch(/program .*\[required\]/)
    expect(exitCode).toBe(0)
    expect(out).toContain('dlp verify <program>')
    expect(await runDlp('verify', '-h')).toEqual({ exitCode: 0, out, err: '' })
    expect(await runDlp('help', 'verify')).toEqual({ exitCode: 0, out, err: '' })
  })
})

test('the version is that of dlp, from any folder', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(await runDlp('--version')).toEqual({ exitCode: 0, out: `${version}\n`, err: '' })
})
