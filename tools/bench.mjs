// Runs benchmarks: of whole processes (`npm run bench`, test/bench/processes/), or single ones by name (`npm run bench -- schedule`, test/bench/*.ts).

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'test', 'bench')

const present = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length))
  .toSorted()
const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
const requested = process.argv.slice(2)
if (requested.length === 0 || requested[0].startsWith('-')) {
  const script = join(folder, 'processes', 'main.ts')
  const { status } = spawnSync(process.execPath, [tsx, script, ...requested], { cwd: root, stdio: 'inherit' })
  process.exit(status ?? 1)
}
const unknown = requested.filter((name) => !present.includes(name))
if (unknown.length > 0) {
  console.error(`no measurement ${unknown.join(', ')}; there are ${present.join(', ')}`)
  process.exit(2)
}
const failed = requested.filter((name) => {
  console.log(`\n── ${name}`)
  const { status } = spawnSync(process.execPath, [tsx, join(folder, `${name}.ts`)], { cwd: root, stdio: 'inherit' })
  return status !== 0
})
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`)
process.exit(failed.length > 0 ? 1 : 0)
