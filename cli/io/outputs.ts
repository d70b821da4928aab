// What a command writes: checked before it begins, so that nothing is computed for a file that cannot be written or is an input;
// `-` is standard output, and results then go to standard error.

import { type BigIntStats, fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { DlpError } from '../../base/error.ts'
import { resultsGoTo } from '../output.ts'
import {
  type ClaimedOutput,
  identityOf,
  refuseOutput,
  setClaimedOutputs,
  statusOf,
} from '../../toolchain/files/claimed-outputs.ts'
import { UsageError } from './errors.ts'
import { forgetStandardInput } from '../../toolchain/files/standard-input.ts'
import { placeOf, writeAside } from '../../toolchain/files/write-aside.ts'

/** Options of all commands that name what they write, and what they read. */
const writing = ['output', 'trace', 'waveform'] as const
const reading = ['model', 'program', 'text', 'input', 'expect', 'update', 'calibration', 'powerConstants', 'against', 'dataset', 'classes'] as const // prettier-ignore
/** Written into at several places. */
const seeking = new Set(['waveform'])
/** Commands whose `--output` is text. */
const writesText = new Set(['disasm'])

type Given = Readonly<Record<string, unknown>>

/** Outputs that go to standard output, by their path. */
let standard: ReadonlySet<string> = new Set()

/**
 * Notes and checks what a command is to write. @param given its options, camel case
 * @throws DlpError where one cannot be written, is an input or another output; UsageError where standard output has two uses
 */
export async function claimOutputs(given: Given, command: string): Promise<void> {
  const named = writing.flatMap((name) => (typeof given[name] === 'string' ? [{ name, path: given[name] }] : []))
  const claimed: (ClaimedOutput & { readonly target: string })[] = []
  for (const { name, path } of named) {
    const option = `--${name}`
    const place = isStandardOutput(path) ? undefined : await placeOf(path)
    if (place?.kind !== 'file' && seeking.has(name))
      throw new DlpError({ what: 'cannot be written in parts', where: `${option} ${path}`, allowed: 'a file' })
    if (place === undefined && name === 'output' && !writesText.has(command) && process.stdout.isTTY)
      throw new DlpError({
        what: 'is a terminal, and the file is no text',
        where: `${option} ${path}`,
        help: 'redirect standard output',
      })
    const target = place === undefined ? '-' : place.kind === 'file' ? place.target : ''
    const status = place === undefined ? undefined : statusOf(path)
    // What is written to a device does not meet again.
    const identity = status === undefined || status.isCharacterDevice() ? undefined : identityOf(status)
    const same = claimed.find(
      (each) => (target !== '' && each.target === target) || (identity !== undefined && each.identity === identity),
    )
    if (same !== undefined)
      throw new DlpError({
        what: `is the same file as ${same.option} ${same.path}`,
        where: `${option} ${path}`,
        help: 'name two files',
      })
    claimed.push({ option, path, target, identity })
  }
  const toStandard = claimed.filter(({ target }) => target === '-')
  const [first] = toStandard
  if (first !== undefined && given['json'] === true)
    throw new UsageError(`--json and ${first.option} ${first.path}: only one of them can be written to standard output`)
  checkInputs(given, claimed)
  standard = new Set(toStandard.map(({ path }) => path))
  resultsGoTo(standard.size > 0 ? 'stderr' : 'stdout')
}

function checkInputs(given: Given, claimed: readonly ClaimedOutput[]): void {
  const inputs = reading.flatMap((name) => (typeof given[name] === 'string' ? [{ name, path: given[name] }] : []))
  const [first, second] = inputs.filter(({ path }) => path === '-')
  if (first !== undefined && second !== undefined)
    throw new UsageError(`${first.name} and ${second.name}: only one of them can be read from standard input`)
  setClaimedOutputs(claimed)
  for (const { path } of inputs) refuseOutput(path)
  // A machine's name is no file, whatever lies here under that name, and `-` neither.
  const { machine } = given
  if (typeof machine === 'string' && machine.endsWith('.json')) refuseOutput(machine)
}

/** Ends what `claimOutputs` began. */
export function releaseOutputs(): void {
  setClaimedOutputs([])
  standard = new Set()
  resultsGoTo('stdout')
  forgetStandardInput()
}

/** Writes an output whole or not at all. @throws DlpError where it cannot be written */
export async function writeOutput(path: string, content: Uint8Array | string): Promise<void> {
  if (!standard.has(path)) return writeAside(path, content)
  // What goes wrong is known when the streams are settled.
  await new Promise<void>((resolve) => {
    process.stdout.write(content, () => resolve())
  })
}

/** `-`, and whatever else names the file that standard output is: to replace that would tear it from under this process. */
function isStandardOutput(path: string): boolean {
  if (path === '-') return true
  const status = statusOf(path)
  const own = ownOutput()
  if (status === undefined || own === undefined || identityOf(status) !== identityOf(own)) return false
  // Of devices only a terminal shows what comes from two sides: /dev/null may be named as often as one likes.
  return status.isCharacterDevice() ? isatty(1) : !status.isDirectory()
}

function ownOutput(): BigIntStats | undefined {
  try {
    return fstatSync(1, { bigint: true })
  } catch {
    return undefined
  }
}
