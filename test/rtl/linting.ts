// Warnings of Verilator and Yosys on the RTL: on the processor of a machine, on every module by itself, on every synthesizable file.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { root } from '../support/source-files.ts'
import { rtlSources } from './verilator.ts'

/** Without optimisation, which would take most of the time: nothing is run. */
const verilator = ['--lint-only', '-O0', '-Wall', '-Wno-DECLFILENAME']

const listed = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.sv'))
    .toSorted()
    .map((name) => `${folder}/${name}`)

/** Every hand-written synthesizable file: modules, cells, packages. */
export const synthesizable: readonly string[] = [...listed('rtl'), ...listed('rtl/cells')]

/** The modules among them. */
export const moduleNames: readonly string[] = synthesizable
  .map((path) => path.slice(path.lastIndexOf('/') + 1, -'.sv'.length))
  .filter((name) => !name.endsWith('_pkg'))

/** Warnings and errors of Verilator on a module and the modules that it instantiates; empty if there are none. */
export const lintModule = (top: string, machine: Machine = machines.tiny): Promise<string> =>
  withMachine(top, machine, (files) => messages('verilator', [...verilator, '--top-module', top, ...files]))

/** Warnings and errors of Yosys as it reads and elaborates the whole processor of a machine; latches count. */
export const elaborate = (machine: Machine): Promise<string> =>
  withMachine('dlp', machine, (files) =>
    messages('yosys', [
      '-q',
      '-p',
      `read_verilog -sv ${files.join(' ')}; hierarchy -check -top dlp; proc; check -assert; select -assert-none t:$dlatch`,
    ]),
  )

async function withMachine(
  top: string,
  machine: Machine,
  use: (files: readonly string[]) => Promise<string>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dlp-lint-'))
  try {
    const machineFile = join(folder, 'dlp_machine_pkg.sv')
    writeFileSync(machineFile, machinePackage(machine))
    const [isaPackage = '', ...others] = rtlSources(top)
    return await use([isaPackage, machineFile, ...others])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function messages(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') return reject(error)
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => !line.startsWith('-Info'))
      resolve(lines.join('\n') + (error === null ? '' : `ended with ${error.code}`))
    })
  })
}
