// Builds the processor of one machine with Verilator, or finds it built.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { DlpError } from '../../isa/error.ts'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import type { Machine } from '../../isa/machine.ts'
import { processingElements } from '../../isa/machine.ts'
import { locked } from './lock.ts'
import { packageFolder, rtlSources } from './sources.ts'

export interface BuildOptions {
  /** the bench can write waveforms; it is slower then */
  readonly waveform?: boolean
  /** long delays and slot tables as on a device without LUT RAM */
  readonly blockMemory?: boolean
  /** told before a build, which takes minutes */
  readonly onBuild?: (text: string) => void
}

const tools = ['verilator', 'clang++', 'make'] as const
const benchFiles = ['rtl/bench/dlp_bench.cpp', 'rtl/bench/dram.h'] as const
const mostOutput = 1 << 26
/** Up to so many PEs a build takes longer than what it runs: quick to build is better than quick to run. */
const mostPesOfQuickBuild = 256

/** Tools of the build that are not here. */
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
  const { waveform = false, blockMemory = false, onBuild } = options
  const folder = packageFolder()
  const sources = rtlSources('dlp', folder)
  const machineText = machinePackage(machine)
  const args = [...argumentsFor(machine, waveform), ...(blockMemory ? ['-DDLP_BLOCK_MEMORY'] : [])]
  const hash = createHash('sha256').update(JSON.stringify(args)).update(machineText)
  for (const tool of ['verilator', 'clang++']) hash.update(await output(tool, ['--version'], folder))
  for (const path of [...sources, ...benchFiles]) hash.update(path).update(await readFile(join(folder, path)))
  const cache = process.env['DLP_CACHE'] || join(folder, 'build')
  const place = join(cache, 'verilator', hash.digest('hex').slice(0, 16))
  const program = join(place, 'Vdlp')
  if (existsSync(program)) return program

  await mkdir(join(cache, 'verilator'), { recursive: true })
  return locked(`${place}.lock`, async () => {
    // Another process may have built it meanwhile.
    if (existsSync(program)) return program
    onBuild?.(`building the RTL of machine '${machine.name}' with Verilator: the first time takes minutes`)
    const scratch = `${place}.${process.pid}`
    await mkdir(scratch, { recursive: true })
    try {
      const machineFile = join(scratch, 'dlp_machine_pkg.sv')
      await writeFile(machineFile, machineText)
      const [isaPackage = '', ...others] = sources.map((path) => join(folder, path))
      const files = [isaPackage, machineFile, ...others, join(folder, benchFiles[0])]
      await output('verilator', [...args, '--Mdir', scratch, ...files], folder)
      // Who lost its lock may find the work done.
      if (!existsSync(program)) await rename(scratch, place)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
    return program
  })
}

function argumentsFor(machine: Machine, waveform: boolean): string[] {
  const programAddressBits = Math.max(1, Math.ceil(Math.log2(machine.instructionWords)))
  const macros = [`-DAXI_BYTES=${machine.axiBits / 8}`, `-DPROGRAM_ADDRESS_BITS=${programAddressBits}`]
  if (waveform) macros.push('-DTRACE=1')
  const fast = processingElements(machine) <= mostPesOfQuickBuild ? '-O1' : '-O3 -march=native'
  const make = ['CXX=clang++', 'LINK=clang++', `OPT_FAST="${fast}"`, 'OPT_SLOW=-O0']
  if (isOnPath('ccache')) make.push('OBJCACHE=ccache')
  return [
    '--cc', '--exe', '--build', '-j', '2', '--assert', '-Wno-fatal', '-Wno-lint', '-Wno-style', '--top-module', 'dlp',
    '--output-split', '20000', '-CFLAGS', ['-std=c++17', ...macros].join(' '), '-MAKEFLAGS', make.join(' '),
    ...(waveform ? ['--trace-fst', '--trace-structs'] : []),
  ] // prettier-ignore
}

function output(program: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd: folder, maxBuffer: mostOutput }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new DlpError({ what: `${program} failed: ${`${stderr}${stdout}`.slice(-3000)}`, where: 'the RTL' }))
    })
  })
}

const isOnPath = (tool: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)))
