// Builds the processor of one machine with Verilator, or returns an earlier build.

import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { DlpError } from '../../base/error.ts'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { processingElements } from '../../isa/model/machine.ts'
import { onExit } from 'signal-exit'
import { ownerPattern, ownProcess, removeAbandoned } from '../process-owner.ts'
import { locked } from './lock.ts'
import { runTool } from './run-tool.ts'
import { packageFolder, rtlSources } from './sources.ts'

export interface BuildOptions {
  /** the bench can write waveforms; it is slower then */
  readonly waveform?: boolean
  /** long delays and slot tables as on a device without LUT RAM */
  readonly blockMemory?: boolean
  /** called with a sentence before a build, and before waiting for the build of another process */
  readonly onBuild?: (text: string) => void
  /** called during a build with the number of compiled files, and the number of all files once Verilator has written them */
  readonly onCompiled?: (files: number, of: number | undefined) => void
}

const tools = ['verilator', 'clang++', 'make'] as const
const benchFiles = ['rtl/bench/dlp_bench.cpp', 'rtl/bench/dram.h'] as const
/** Up to this many PEs a build takes longer than the runs that use it, so that it is compiled with fewer optimisations. */
const quickBuildPes = 256
const progressMs = 500

/** Names of scratch in the folder of builds: a build or a lock in preparation, with its owner; older versions of dlp stated only a process number. */
const scratchName = new RegExp(`^[0-9a-f]{16}(?:\\.lock)?\\.(?:(${ownerPattern})(?:\\.\\d+(?:\\.found)?)?|\\d+)$`)

/** Tools of the build that are not installed. */
export const missingTools = (): string[] => tools.filter((tool) => !isOnPath(tool))

/**
 * The program that simulates a machine's processor. Builds are kept under build/verilator of the package, or of DLP_CACHE.
 * @throws DlpError when a tool is missing or the build fails
 */
export async function buildProcessor(machine: Machine, options: BuildOptions = {}): Promise<string> {
  const missing = missingTools()
  if (missing.length > 0) {
    const help = 'on Debian: apt-get install verilator clang make ccache'
    throw new DlpError({ what: `${missing.join(', ')} not found`, where: 'simulating the RTL', help })
  }
  const { waveform = false, blockMemory = false, onBuild, onCompiled } = options
  const folder = packageFolder()
  const sources = rtlSources('dlp', folder)
  const machineText = machinePackage(machine)
  const args = [...argumentsFor(machine, waveform), ...(blockMemory ? ['-DDLP_BLOCK_MEMORY'] : [])]
  const hash = createHash('sha256').update(JSON.stringify(args)).update(machineText)
  for (const tool of ['verilator', 'clang++']) hash.update(await versionOf(tool, folder))
  for (const path of [...sources, ...benchFiles]) hash.update(path).update(await readFile(join(folder, path)))
  const cache = process.env['DLP_CACHE'] || join(folder, 'build')
  const target = join(cache, 'verilator', hash.digest('hex').slice(0, 16))
  const program = join(target, 'Vdlp')
  if (existsSync(program)) return program

  await mkdir(join(cache, 'verilator'), { recursive: true })
  removeAbandoned(join(cache, 'verilator'), (name) => {
    const found = scratchName.exec(name)
    return found === null ? undefined : (found[1] ?? '')
  })
  const rtl = `the RTL of machine '${machine.name}'`
  const onWait = (other: number): void =>
    onBuild?.(`waiting for process ${other === 0 ? 'of unknown number' : other}, which builds ${rtl}`)
  const build = async (): Promise<string> => {
    // Another process may have built it meanwhile.
    if (existsSync(program)) return program
    onBuild?.(`building ${rtl} with Verilator, once: about ${usualTime(machine)} on two cores`)
    const scratch = `${target}.${ownProcess()}`
    // Runs after the tools have ended, which may still write for a moment.
    const forget = onExit(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }), {
      alwaysLast: true,
    })
    await mkdir(scratch, { recursive: true })
    const poll = setInterval(() => void compiledIn(scratch).then((found) => onCompiled?.(...found)), progressMs)
    try {
      const machineFile = join(scratch, 'dlp_machine_pkg.sv')
      await writeFile(machineFile, machineText)
      const [isaPackage = '', ...others] = sources.map((path) => join(folder, path))
      const files = [isaPackage, machineFile, ...others, join(folder, benchFiles[0])]
      await runTool('verilator', [...args, '--Mdir', scratch, ...files], folder)
      // If this process lost its lock, another one may have finished the build.
      if (!existsSync(program)) await rename(scratch, target)
    } finally {
      clearInterval(poll)
      await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
      forget()
    }
    return program
  }
  return locked(`${target}.lock`, build, { onWait })
}

/** Versions of the tools, read once in a process, since Verilator takes half a second to print its own. */
const versions = new Map<string, Promise<string>>()

function versionOf(tool: string, folder: string): Promise<string> {
  const known = versions.get(tool)
  if (known !== undefined) return known
  const version = runTool(tool, ['--version'], folder)
  versions.set(tool, version)
  // A tool that is missing may be installed later.
  version.catch(() => versions.delete(tool))
  return version
}

/** Measured: `tiny` 26 s, `edge` somewhat more; with optimisations the compiler takes minutes for thousands of PEs. */
const usualTime = (machine: Machine): string =>
  processingElements(machine) <= quickBuildPes ? 'half a minute' : 'five minutes'

/** The number of compiled files, and of all files: undefined until Verilator has written the makefile, its last file. */
async function compiledIn(folder: string): Promise<[number, number | undefined]> {
  const names = await readdir(folder).catch((): string[] => [])
  const count = (extension: string): number => names.filter((name) => name.endsWith(extension)).length
  // Three more files, of the bench and of Verilator itself, are in other folders.
  return [count('.o'), names.includes('Vdlp.mk') ? count('.cpp') + 3 : undefined]
}

function argumentsFor(machine: Machine, waveform: boolean): string[] {
  const programAddressBits = Math.max(1, Math.ceil(Math.log2(machine.instructionWords)))
  const macros = [`-DAXI_BYTES=${machine.axiBits / 8}`, `-DPROGRAM_ADDRESS_BITS=${programAddressBits}`]
  if (waveform) macros.push('-DTRACE=1')
  const fast = processingElements(machine) <= quickBuildPes ? '-O1' : '-O3 -march=native'
  const make = ['CXX=clang++', 'LINK=clang++', `OPT_FAST="${fast}"`, 'OPT_SLOW=-O0']
  if (isOnPath('ccache')) make.push('OBJCACHE=ccache')
  return [
    '--cc', '--exe', '--build', '-j', '2', '--assert', '-Wno-fatal', '-Wno-lint', '-Wno-style', '--top-module', 'dlp',
    '--output-split', '20000', '-CFLAGS', ['-std=c++17', ...macros].join(' '), '-MAKEFLAGS', make.join(' '),
    ...(waveform ? ['--trace-fst', '--trace-structs'] : []),
  ] // prettier-ignore
}

const isOnPath = (tool: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)))
