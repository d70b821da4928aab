// Lints the RTL of every named machine with Verilator, every warning an error; waivers with their reasons are rtl/lint/*.vlt.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const own = listed('rtl', '.sv')
const packages = [...listed('rtl/generated', '.sv'), ...own.filter((path) => path.endsWith('_pkg.sv'))]
const modules = [...listed('rtl/cells', '.sv'), ...own.filter((path) => !path.endsWith('_pkg.sv'))]
const options = [
  '--lint-only',
  '-O0',
  '-Wall',
  '-Wno-DECLFILENAME',
  '--top-module',
  'dlp',
  ...listed('rtl/lint', '.vlt'),
]

let failed = false
for (const machine of listed('rtl/generated', '')) {
  const [isaPackage, ...others] = packages
  const machinePackage = `${machine}/dlp_machine_pkg.sv`
  if (!existsSync(join(root, machinePackage))) continue
  const files = [isaPackage, machinePackage, ...others, ...modules]
  const { status, error } = spawnSync('verilator', [...options, ...files], { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(`verilator does not run: ${error.message}`)
  failed ||= status !== 0
}
process.exit(failed ? 1 : 0)

function listed(folder, ending) {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => `${folder}/${name}`)
}
