// Installs what a computer with only Node needs: npm packages; with --tools also the C++ and RTL tools.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

installPackages()
if (process.argv.includes('--tools')) installTools()

/** Runs `npm ci` unless the installed packages match the lock file. */
function installPackages() {
  if (packagesAreCurrent()) return
  console.log('Installing npm packages …')
  const npm = process.env.npm_execpath
  const [command, args] = npm === undefined ? ['npm', ['ci']] : [process.execPath, [npm, 'ci']]
  const { status } = spawnSync(command, [...args, '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
    shell: false,
  })
  if (status !== 0) fail('npm ci failed: see above')
}

/** Whether npm's record of node_modules has every package of the lock file for this platform, in its version. */
function packagesAreCurrent() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const required = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(required).every(
    ([path, entry]) =>
      path === '' || (present[path] === undefined ? entry.optional === true : present[path].version === entry.version),
  )
}

/** Installs the tools of the RTL tests by apt, as root. Without them those tests are reported as skipped. */
function installTools() {
  const tools = { verilator: 'verilator', 'clang++': 'clang', make: 'make', ccache: 'ccache', yosys: 'yosys', z3: 'z3' }
  const missing = Object.keys(tools).filter((tool) => !onPath(tool))
  if (missing.length === 0) return
  const packages = missing.map((tool) => tools[tool])
  const command = `apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    console.log(`Tests of the RTL need ${missing.join(', ')} and are skipped without; on Debian: sudo ${command}`)
    return
  }
  console.log(`Installing ${packages.join(', ')} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], shell: true }
  if (spawnSync(command, quiet).status === 0) return
  spawnSync('apt-get update', quiet)
  if (spawnSync(command, quiet).status !== 0)
    console.log(`Could not install ${packages.join(', ')}: tests of the RTL are skipped`)
}

function onPath(tool) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)))
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
