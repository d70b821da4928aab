// Outputs of a command: they are checked before it begins, so that nothing is computed for a file that cannot be written or is an input.
// `-` is standard output; results then go to standard error.

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
import { resetStandardInput } from '../../toolchain/files/standard-input.ts'
import { targetOf, writeAtomically } from '../../toolchain/files/write-atomically.ts'

/** Options of all commands that name outputs, and inputs. */
const outputOptions = ['output', 'trace', 'waveform'] as const
const inputOptions = ['model', 'program', 'text', 'input', 'expect', 'update', 'calibration', 'powerConstants', 'against', 'dataset', 'classes'] as const // prettier-ignore
/** Outputs that are not written sequentially. */
const nonSequential = new Set(['waveform'])
/** Commands with a text as `--output`. */
const textCommands = new Set(['disasm'])

type Given = Readonly<Record<string, unknown>>

/** Paths of the outputs that are written to standard output. */
let toStandardOutput: ReadonlySet<string> = new Set()

/**
 * Checks and claims the outputs of a command. @param given its options, camel case
 * @throws DlpError where one cannot be written, is an input or another output; UsageError where standard output has two uses
 */
export async function claimOutputs(given: Given, command: string): Promise<void> {
  const named = outputOptions.flatMap((name) => (typeof given[name] === 'string' ? [{ name, path: given[name] }] : []))
  const claimed: (ClaimedOutput & { readonly target: string })[] = []
  for (const { name, path } of named) {
    const option = `--${name}`
    const output = isStandardOutput(path) ? undefined : await targetOf(path)
    if (output?.kind !== 'file' && nonSequential.has(name))
      throw new DlpError({ what: 'cannot be written in parts', where: `${option} ${path}`, allowed: 'a file' })
    if (output === undefined && name === 'output' && !textCommands.has(command) && process.stdout.isTTY)
      throw new DlpError({
        what: 'is a terminal, and the file is not text',
        where: `${option} ${path}`,
        help: 'redirect standard output',
      })
    const target = output === undefined ? '-' : output.kind === 'file' ? output.target : ''
    const status = output === undefined ? undefined : statusOf(path)
    // A device may be written by several outputs.
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
  toStandardOutput = new Set(toStandard.map(({ path }) => path))
  resultsGoTo(toStandardOutput.size > 0 ? 'stderr' : 'stdout')
}

function checkInputs(given: Given, claimed: readonly ClaimedOutput[]): void {
  const inputs = inputOptions.flatMap((name) => (typeof given[name] === 'string' ? [{ name, path: given[name] }] : []))
  const [first, second] = inputs.filter(({ path }) => path === '-')
  if (first !== undefined && second !== undefined)
    throw new UsageError(`${first.name} and ${second.name}: only one of them can be read from standard input`)
  setClaimedOutputs(claimed)
  for (const { path } of inputs) refuseOutput(path)
  // Only a name that ends in .json is a file.
  const { machine } = given
  if (typeof machine === 'string' && machine.endsWith('.json')) refuseOutput(machine)
}

/** Undoes `claimOutputs`. */
export function releaseOutputs(): void {
  setClaimedOutputs([])
  toStandardOutput = new Set()
  resultsGoTo('stdout')
  resetStandardInput()
}

/** Writes an output completely or not at all. @throws DlpError where it cannot be written */
export async function writeOutput(path: string, content: Uint8Array | string): Promise<void> {
  if (!toStandardOutput.has(path)) return writeAtomically(path, content)
  // Errors are reported when the streams are flushed.
  await new Promise<void>((resolve) => {
    process.stdout.write(content, () => resolve())
  })
}

/** Whether a path is `-` or names the file of standard output, which must not be replaced while this process writes to it. */
function isStandardOutput(path: string): boolean {
  if (path === '-') return true
  const status = statusOf(path)
  const own = ownOutput()
  if (status === undefined || own === undefined || identityOf(status) !== identityOf(own)) return false
  // Of devices only a terminal counts, since it would show both outputs mixed; /dev/null may be named several times.
  return status.isCharacterDevice() ? isatty(1) : !status.isDirectory()
}

function ownOutput(): BigIntStats | undefined {
  try {
    return fstatSync(1, { bigint: true })
  } catch {
    return undefined
  }
}
