// All checks, `npm run check`: every step runs and reports its result; if one fails, the whole check fails.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The steps, shortest first. `when` names a file without which a step is skipped; `fix` a command that may repair a failure. */
const steps = [
  { name: 'format', command: 'prettier --check --log-level warn .', fix: 'npm run format' },
  { name: 'lint', command: 'oxlint --type-aware --deny-warnings' },
  { name: 'types', command: 'tsc -p tsconfig.json' },
  {
    name: 'generated files',
    command:
      'tsx tools/generate/main.ts --check && tsx tools/generate/kernels-main.ts isa/semantics/kernels compiler/kernels --check',
    when: 'tools/generate/main.ts',
    fix: 'npm run generate',
  },
  { name: 'RTL lint', command: 'tsx test/proofs/rtl-lint.ts' },
  { name: 'tests', command: 'node tools/run-tests.mjs' },
]

const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` }
const report = steps.map(({ name, command, when, fix }) => {
  if (when !== undefined && !existsSync(join(root, when)))
    return { name, failed: false, text: `skipped without ${when}` }
  console.log(`\n── ${name}: ${command}`)
  const failed = spawnSync(command, { cwd: root, env, shell: true, stdio: 'inherit' }).status !== 0
  return { name, failed, text: failed ? `FAILED${fix === undefined ? '' : `; try ${fix}`}` : 'ok' }
})
console.log('')
for (const { path, lines } of longFiles()) console.log(`hint: ${path} has ${lines} lines; is it still one idea?`)
for (const { name, text } of report) console.log(`${name.padEnd(16)} ${text}`)
process.exit(report.some(({ failed }) => failed) ? 1 : 0)

/** Source files above 300 lines, the longest first: a hint, not a failure, since a file may be as long as its one idea. */
function longFiles() {
  const { stdout } = spawnSync('git', ['ls-files', '*.ts', '*.sv'], { cwd: root, encoding: 'utf8' })
  return stdout
    .split('\n')
    .filter(
      (path) =>
        path !== '' && !path.startsWith('test/') && !/generated\/|_pb\.ts$/.test(path) && existsSync(join(root, path)),
    )
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 300)
    .sort((a, b) => b.lines - a.lines)
}
