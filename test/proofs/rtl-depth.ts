// `npm run rtl:depth [-- card tiny --record]`: the longest paths between registers of the machines' modules, estimated from Yosys' netlists with the
// delays of test/rtl/timing/primitives.ts. Compared with rtl/synth/results/depth-<machine>.json: a path that has become longer fails.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { progressOn } from '../../cli/io/progress.ts'
import { machines } from '../../isa/model/machine.ts'
import { estimateDepth } from '../rtl/timing/machine-depth.ts'
import { assumedDelays } from '../rtl/timing/primitives.ts'
import { type DepthRow, depthRows, pathLines } from '../rtl/timing/report.ts'
import { root } from '../support/source-files.ts'
import { toolIsHere } from '../rtl/verilator.ts'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '900' },
    jobs: { type: 'string', default: '2' },
    path: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const names = positionals.length === 0 ? Object.keys(machines) : positionals
const unknown = names.find((name) => !(name in machines))
if (unknown !== undefined) {
  console.error(`no machine ${unknown}; allowed: ${Object.keys(machines).join(', ')}`)
  process.exit(2)
}
if (!toolIsHere('yosys')) {
  console.error('paths need yosys; on Debian: apt-get install yosys')
  process.exit(1)
}

const periodNs = 4
let holds = true
for (const name of names) {
  const machine = machines[name as keyof typeof machines]
  const progress = progressOn(process.stderr)
  const modules = await estimateDepth(machine, Number(values.seconds), Number(values.jobs), progress)
  progress.done()
  const rows = depthRows(modules)
  print(name, rows)
  for (const { module, timing } of modules)
    if (module === values.path) console.log(`\nThe longest path of ${module}:\n${pathLines(timing.worst).join('\n')}`)
  const file = join(root, 'rtl', 'synth', 'results', `depth-${name}.json`)
  if (existsSync(file))
    holds = compare(name, rows, JSON.parse(readFileSync(file, 'utf8')) as { modules: DepthRow[] }) && holds
  if (values.record) {
    mkdirSync(join(root, 'rtl', 'synth', 'results'), { recursive: true })
    writeFileSync(file, `${JSON.stringify({ machine: name, assumedDelays, periodNs, modules: rows }, undefined, 2)}\n`)
  }
}
console.log(holds ? 'holds' : 'DOES NOT HOLD')
process.exitCode = holds ? 0 : 1

function print(name: string, rows: readonly DepthRow[]): void {
  console.log(`\n${name}: estimated, nothing is placed\n`)
  console.log('| module | instances | ns | LUTs | carry bits | ends of paths | above 8 LUTs | most loads |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const { module, instances, ns, luts, carryBits, endpoints, deepEndpoints, fanOut, fanOutNet } of rows)
    console.log(
      `| ${module} | ${instances} | ${ns.toFixed(2)}${ns > periodNs ? ' (!)' : ''} | ${luts} | ${carryBits} | ${endpoints} | ${deepEndpoints} | ${fanOut} ${fanOutNet} |`,
    )
}

/** Whether no module's path is longer than recorded. */
function compare(
  name: string,
  rows: readonly DepthRow[],
  recorded: { readonly modules: readonly DepthRow[] },
): boolean {
  const before = new Map(recorded.modules.map((row) => [row.module, row]))
  const longer = rows.filter(({ module, ns }) => ns > (before.get(module)?.ns ?? periodNs) + 0.0005)
  for (const { module, ns } of longer)
    console.log(
      `${name}: ${module} takes ${ns.toFixed(3)} ns; recorded: ${before.get(module)?.ns.toFixed(3) ?? 'nothing'}`,
    )
  return longer.length === 0
}
