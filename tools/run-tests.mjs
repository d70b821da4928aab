// Runs vitest and prints `N passed, M failed, K skipped` as its last line; arguments are passed to vitest (`npm test -- test/isa`). With --long, or if such a
// file is named, it runs the long tests instead, which are files that end in .long.test.ts.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const build = join(root, 'build')
const words = process.argv.slice(2).filter((word) => word !== '--long')
const long = words.length < process.argv.length - 2 || words.some((word) => word.includes('.long.test'))
const name = long ? 'test-long' : 'test'
const results = join(build, `${name}-results.json`)

mkdirSync(build, { recursive: true })
rmSync(results, { force: true })
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...words], {
  cwd: root,
  env: { ...process.env, DLP_TESTS: long ? 'long' : 'everyday' },
  stdio: ['ignore', 'inherit', 'inherit'],
})
const line = summary(status === 0)
writeFileSync(join(build, `${name}-summary.txt`), `${line}\n`)
console.log(`\n${line}`)
process.exit(status ?? 1)

/** Counts tests; a file that did not load, or an error outside of any test, counts as one failure. */
function summary(succeeded) {
  if (!existsSync(results)) return '0 passed, 1 failed, 0 skipped'
  const { testResults } = JSON.parse(readFileSync(results, 'utf8'))
  const states = testResults.flatMap((file) => file.assertionResults.map((test) => test.status))
  const passed = states.filter((state) => state === 'passed').length
  const failed = states.filter((state) => state === 'failed').length
  const unloaded = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failures = Math.max(failed + unloaded, succeeded ? 0 : 1)
  return `${passed} passed, ${failures} failed, ${states.length - passed - failed} skipped`
}
