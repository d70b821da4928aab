// Builds Verilator benches, one folder per hash of all inputs, and checks whether the tools are installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rtlSources as sourcesOf } from '../../host/verilator/sources.ts'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { root } from '../support/source-files.ts'

/** Whether a tool runs here. Under CI=true all count as present, so that what needs them fails without. */
export function toolIsHere(...tools: readonly string[]): boolean {
  if (process.env['CI'] === 'true') return true
  return tools.every((tool) => (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, tool))))
}

/** The sources of a module and of all that it instantiates, without the machine's package; paths from the project's root. */
export const rtlSources = (top: string): string[] => sourcesOf(top, root)

/** Options for the forms that synthesis takes, with models of the vendor's primitives. */
export const primitives: readonly string[] = [
  ...['-DSYNTHESIS', '-DDLP_MUXF7', '-DDLP_CARRY8', '-DDLP_DSP48E2'],
  ...['muxf7', 'muxf8', 'carry8', 'dsp48e2'].map((name) => `rtl/bench/${name}.sv`),
]

export interface Testbench {
  readonly top: string
  /** the module under test, with all below it */
  readonly module: string
  readonly machine: Machine
  /** the bench's own .sv and .cpp files, from the project's root */
  readonly files: readonly string[]
  /** C++ macros */
  readonly macros: Readonly<Record<string, number>>
  /** more options of Verilator */
  readonly options?: readonly string[]
}

/** Builds a bench, or finds it built; returns the path of the program. */
export function buildBench({ top, module, machine, files, macros, options = [] }: Testbench): string {
  const sources = [...rtlSources(module), ...files]
  const cflags = ['-std=c++17', ...Object.entries(macros).map(([name, value]) => `-D${name}=${value}`)].join(' ')
  const compiler = 'CXX=clang++ LINK=clang++ OPT_FAST=-O1' + (toolIsHere('ccache') ? ' OBJCACHE=ccache' : '')
  const args = ['--cc', '--exe', '--build', '--assert', '-Wno-fatal', '-Wno-WIDTH', '--top-module', top, '-CFLAGS', cflags, '-MAKEFLAGS', compiler, ...options] // prettier-ignore
  const machineText = machinePackage(machine)
  const hash = createHash('sha256').update(JSON.stringify(args)).update(machineText)
  for (const path of [...sources, ...options.filter((option) => option.endsWith('.sv'))]) hash.update(path).update(readFileSync(join(root, path)))
  const folder = join(root, 'build', 'verilator', hash.digest('hex').slice(0, 16))
  const program = join(folder, `V${top}`)
  if (existsSync(program)) return program

  const scratch = `${folder}.${process.pid}`
  mkdirSync(scratch, { recursive: true })
  const machineFile = join(scratch, 'dlp_machine_pkg.sv')
  writeFileSync(machineFile, machineText)
  const [isaPackage = '', ...others] = sources.map((path) => join(root, path))
  try {
    run('verilator', [...args, '--Mdir', scratch, isaPackage, machineFile, ...others])
    // Another test may have been faster.
    if (!existsSync(program)) renameSync(scratch, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return program
}

/** Runs a program and returns what it printed; throws with its messages when it fails. */
export function run(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 29,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stderr}${stdout.slice(-4000)}`)
  return stdout
}
