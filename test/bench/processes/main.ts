// npm run bench: measures the cases in interleaved rounds, then records them and writes the README's table, or compares them with what is recorded.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { table } from '../../../cli/print/table.ts'
import { missingTools } from '../../../host/verilator/build.ts'
import { when } from '../../proofs/report.ts'
import {
  cacheFolder,
  calibrationInputs,
  cases,
  changedCacheFolder,
  changedModelOf,
  inputsOf,
  modelOf,
  wordsOf,
  workFolder,
} from './cases.ts'
import type { Case, StepName } from './cases.ts'
import { measureDlp, medianOf } from './measure.ts'
import type { Usage } from './measure.ts'
import peers from './peers.json' with { type: 'json' }
import { tableOf, withTable } from './readme.ts'
import { compareResults, regressionRatio } from './results.ts'
import type { CaseResult, StepResult } from './results.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const names = cases.map(({ name }) => name).join(', ')
const folderOfResults = join(root, 'test', 'bench', 'results')
const usage = `npm run bench -- [--only NAME]… [--compare] [--rounds N]
  --only NAME   of ${names}
  --compare     records nothing: ratios to what is recorded, exit code 1 where CPU time is above ${regressionRatio} times that
  --rounds N    measures each N times instead of 3 or 5
npm run bench -- MEASUREMENT   one of the small ones, test/bench/*.ts`

interface Measured {
  readonly runs: Usage[]
  cycles?: number
}

try {
  const { only, compare, rounds } = optionsOf()
  main(only, compare, rounds)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode ||= 1
}

function optionsOf(): { only: string[]; compare: boolean; rounds: number | undefined } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        compare: { type: 'boolean', default: false },
        rounds: { type: 'string' },
      },
    })
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
    if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 99))
      throw new Error(`--rounds: '${values.rounds}' is not a whole number from 1 to 99`)
    const unknown = values.only.filter((name) => !cases.some((each) => each.name === name))
    if (unknown.length > 0) throw new Error(`--only: no '${unknown.join("', '")}'; there are ${names}`)
    return { only: values.only, compare: values.compare, rounds }
  } catch (error) {
    process.exitCode = 2
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

function main(only: readonly string[], compare: boolean, rounds: number | undefined): void {
  const selected = cases
    .filter(({ name, onlyByName }) => (only.length === 0 ? onlyByName !== true : only.includes(name)))
    .filter(isPossible)
    .map((each) => ({ ...each, rounds: rounds ?? each.rounds }))
  prepare(selected)
  const results = measure(selected)
  if (compare) return compareAll(results)
  for (const result of results) {
    mkdirSync(folderOfResults, { recursive: true })
    writeFileSync(resultFile(result.bench), `${JSON.stringify(result, undefined, 2)}\n`)
  }
  const readme = join(root, 'README.md')
  const text = tableOf(
    cases.flatMap(({ name }) => recordedOf(name) ?? []),
    peers,
  )
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), text))
  run('node_modules/prettier/bin/prettier.cjs', '--write', readme, ...results.map(({ bench }) => resultFile(bench)))
  console.log(`\n${text}`)
}

/** The RTL needs its tools. */
function isPossible({ name, steps }: Case): boolean {
  const missing = steps.includes('rtl') ? missingTools() : []
  if (missing.length > 0) console.error(`skipped ${name}: ${missing.join(', ')} not found`)
  return missing.length === 0
}

/** Builds the package, the models, and whatever else would be done only once: none of it is measured. */
function prepare(selected: readonly Case[]): void {
  console.error('preparing: the package, models, programs and the RTL')
  run('tools/build.mjs')
  mkdirSync(join(root, workFolder), { recursive: true })
  for (const model of new Set(selected.map((each) => each.model)))
    run('node_modules/tsx/dist/cli.mjs', 'examples/write-model.ts', model, join(workFolder, `${model}.onnx`))
  for (const each of selected) {
    const model = join(workFolder, `${each.model}.onnx`)
    const tsx = (...words: readonly string[]) =>
      run('node_modules/tsx/dist/cli.mjs', 'test/bench/processes/write-quantised.ts', ...words)
    if (each.steps.includes('quantize')) tsx(model, inputsOf(each), 'inputs', String(calibrationInputs))
    if (each.quantised === true) tsx(model, modelOf(each), 'model', String(each.density))
    if (each.steps.includes('change')) tsx(modelOf(each), changedModelOf(each), 'changed')
    if (each.steps.includes('recompile')) measureDlp(wordsOf(each, 'recompile'))
    if (!each.steps.includes('compile') && !each.steps.includes('quantize')) measureDlp(wordsOf(each, 'compile'))
    if (each.steps.includes('rtl')) measureDlp(wordsOf({ ...each, images: 1 }, 'rtl'))
  }
}

function run(script: string, ...words: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join(root, script), ...words], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`${script} ${words.join(' ')} failed`)
}

/** All steps of all cases, round by round, so that a busy minute disturbs all cases a little rather than one case much. */
function measure(selected: readonly Case[]): CaseResult[] {
  const measured = new Map(
    selected.map(({ name, steps }) => [name, new Map(steps.map((step) => [step, { runs: [] } as Measured]))]),
  )
  const total = selected.reduce((sum, { steps, rounds }) => sum + steps.length * rounds, 0)
  let done = 0
  for (let round = 0; round < Math.max(0, ...selected.map(({ rounds }) => rounds)); round++)
    for (const each of selected.filter(({ rounds }) => round < rounds))
      for (const step of each.steps) {
        if (step === 'change') copyCache()
        const { usage: used, output } = measureDlp(wordsOf(each, step))
        const own = measured.get(each.name)!.get(step)!
        own.runs.push(rounded(used))
        if (step === 'simulate' || step === 'rtl') own.cycles = (JSON.parse(output) as { cycles: number }).cycles
        console.error(
          `${++done}/${total} ${each.name} ${step}: ${used.cpuSeconds.toFixed(2)} s CPU, ${used.wallSeconds.toFixed(2)} s, ${used.peakMiB.toFixed(0)} MiB`,
        )
      }
  return selected.map((each) => resultOf(each, measured.get(each.name)!))
}

/** A compilation fills its cache: each gets that of the unchanged model. */
function copyCache(): void {
  const to = join(root, changedCacheFolder)
  rmSync(to, { recursive: true, force: true })
  cpSync(join(root, cacheFolder), to, { recursive: true })
}

function resultOf(each: Case, measured: ReadonlyMap<StepName, Measured>): CaseResult {
  const steps = [...measured].map(([name, { runs, cycles }]): StepResult => {
    const median = rounded(medianOf(runs))
    const command = ['dlp', ...wordsOf(each, name)].join(' ')
    if (cycles === undefined) return { name, command, runs, median }
    return {
      name,
      command,
      runs,
      median,
      cycles,
      cyclesPerCpuSecond: Math.round((each.images * cycles) / median.cpuSeconds),
    }
  })
  const cpuOf = (step: StepName): number | undefined => steps.find(({ name }) => name === step)?.median.cpuSeconds
  const [rtl, simulator] = [cpuOf('rtl'), cpuOf('simulate')]
  const { name: bench, onlyByName: _, ...own } = each
  return {
    bench,
    ...when(),
    case: own,
    steps,
    ...(rtl === undefined || simulator === undefined
      ? {}
      : { rtlOverSimulator: Math.round((100 * rtl) / simulator) / 100 }),
  }
}

function rounded({ wallSeconds, cpuSeconds, peakMiB }: Usage): Usage {
  const to = (value: number, steps: number): number => Math.round(value * steps) / steps
  return { wallSeconds: to(wallSeconds, 1000), cpuSeconds: to(cpuSeconds, 1000), peakMiB: to(peakMiB, 10) }
}

function compareAll(results: readonly CaseResult[]): void {
  const rows = results.flatMap((now) => {
    const recorded = recordedOf(now.bench)
    if (recorded === undefined) {
      console.error(`nothing recorded of ${now.bench}: npm run bench -- --only ${now.bench}`)
      return []
    }
    if (JSON.stringify(recorded.machine) !== JSON.stringify(now.machine))
      console.error(`${now.bench} was recorded on ${JSON.stringify(recorded.machine)}: the ratios compare machines too`)
    return compareResults(recorded, now)
  })
  const ratio = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3))
  console.log(
    table(
      ['now ÷ recorded', '>CPU', '>wall', '>peak memory', '>cycles', 'verdict'],
      rows.map(({ step, cpu, wall, peak, cycles, isRegression }) => [
        step,
        ...[cpu, wall, peak, cycles].map(ratio),
        isRegression ? `CPU above ${regressionRatio}` : 'holds',
      ]),
    ),
  )
  if (rows.some(({ isRegression }) => isRegression)) process.exitCode = 1
}

function resultFile(name: string): string {
  return join(folderOfResults, `${name}.json`)
}

function recordedOf(name: string): CaseResult | undefined {
  const file = resultFile(name)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CaseResult) : undefined
}
