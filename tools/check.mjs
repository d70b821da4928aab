// The one gate, `npm run check`: every step runs, each says its result, and one failure fails the whole.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What is checked, cheapest first; `when` names a file without which a step has nothing to do. */
const steps = [
  { name: 'format', command: 'prettier --check --log-level warn .', mend: 'npm run format' },
  { name: 'lint', command: 'oxlint --type-aware --deny-warnings' },
  { name: 'types', command: 'tsc -p tsconfig.json' },
  {
    name: 'generated files',
    command:
      'tsx tools/generate/main.ts --check && tsx tools/generate/kernels-main.ts isa/semantics/kernels compiler/kernels --check',
    when: 'tools/generate/main.ts',
    mend: 'npm run generate',
  },
  { name: 'RTL lint', command: 'tsx test/proofs/rtl-lint.ts' },
  { name: 'tests', command: 'node tools/run-tests.mjs' },
]

const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` }
const report = steps.map(({ name, command, when, mend }) => {
  if (when !== undefined && !existsSync(join(root, when)))
    return { name, failed: false, text: `nothing to do without ${when}` }
  console.log(`\n── ${name}: ${command}`)
  const failed = spawnSync(command, { cwd: root, env, shell: true, stdio: 'inherit' }).status !== 0
  return { name, failed, text: failed ? `FAILED${mend === undefined ? '' : `; try ${mend}`}` : 'ok' }
})
console.log('')
for (const { path, lines } of longFiles()) console.log(`hint: ${path} has ${lines} lines; is it still one idea?`)
for (const { name, text } of report) console.log(`${name.padEnd(16)} ${text}`)
process.exit(report.some(({ failed }) => failed) ? 1 : 0)

/** Source files above 300 lines, the longest first: a hint to look, no failure. A file is as long as its one idea. */
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
