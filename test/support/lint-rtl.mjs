// Lints the RTL with Verilator, every warning an error; waivers with their reasons are rtl/lint/*.vlt.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const own = listed('rtl', '.sv')
// The smallest machine stands for all here; test/rtl/lint.test.ts takes each in turn.
const packages = [
  ...listed('rtl/generated', '.sv'),
  ...listed('rtl/generated/tiny', '.sv'),
  ...own.filter((path) => path.endsWith('_pkg.sv')),
]
const modules = [...listed('rtl/cells', '.sv'), ...own.filter((path) => !path.endsWith('_pkg.sv'))]
if (modules.length + packages.length === 0) {
  console.log('no RTL to lint')
  process.exit(0)
}
const top = existsSync(join(root, 'rtl', 'dlp.sv')) ? ['--top-module', 'dlp'] : ['-Wno-MULTITOP']
const options = ['--lint-only', '-Wall', '-Wno-DECLFILENAME', ...top]
const { status, error } = spawnSync('verilator', [...options, ...listed('rtl/lint', '.vlt'), ...packages, ...modules], {
  cwd: root,
  stdio: 'inherit',
})
if (error !== undefined) console.error(`verilator does not run: ${error.message}`)
process.exit(status ?? 1)

function listed(folder, ending) {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => `${folder}/${name}`)
}
