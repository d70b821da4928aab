// `npm run rtl:synth [-- card --seconds 300 --jobs 2]`: what the machines take of a VU9P, composed from their modules as Yosys maps them; writes
// rtl/synth/results.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { root } from '../support/source-files.ts'
import { crossings, dies, lanesOfDies } from '../rtl/dies.ts'
import { elaborate, synthesise, unpackedPairsOf } from '../rtl/synthesis.ts'
import type { RamInstances, Size } from '../rtl/synthesis.ts'
import { toolIsHere } from '../rtl/verilator.ts'
import { reportHx8k } from './hx8k-synth.ts'

const device = { lut: 1_182_240, ff: 2_364_480, dsp: 6_840, bram: 2_160, uram: 960 } as const
/** Signals between two neighbouring dies. */
const dieCrossings = 17_280
const keys = ['lut', 'ff', 'dsp', 'bram', 'uram'] as const
const nothing: Size = { lut: 0, ff: 0, dsp: 0, bram: 0, uram: 0 }

const { values, positionals: names } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, jobs: { type: 'string', default: '2' } },
  allowPositionals: true,
})
// of one module, of the processor's time: how busy the computer is does not count
const limitSeconds = Number(values.seconds)
const chosen = names.length === 0 ? [...Object.values(machines).map((machine) => machine.name), 'hx8k'] : names

if (!toolIsHere('yosys')) {
  console.error('synthesis needs yosys; on Debian: apt-get install yosys')
  process.exit(1)
}
for (const name of chosen) {
  if (name === 'hx8k') {
    reportHx8k()
    continue
  }
  const machine = Object.values(machines).find((candidate) => candidate.name === name)
  if (machine === undefined) {
    console.error(`no machine ${name}: ${Object.keys(machines).join(', ')}, hx8k`)
    process.exit(2)
  }
  await report(machine)
}

async function report(machine: Machine): Promise<void> {
  const rows = new Map<string, Size & { kinds: number; instances: number; unfinished: number }>()
  const add = (module: string, instances: number, size: Size | undefined): void => {
    const row = rows.get(module) ?? { ...nothing, kinds: 0, instances: 0, unfinished: 0 }
    const grown = Object.fromEntries(
      keys.map((key) => [key, row[key] + instances * (size ?? nothing)[key]]),
    ) as unknown as Size
    rows.set(module, {
      ...grown,
      kinds: row.kinds + 1,
      instances: row.instances + instances,
      unfinished: row.unfinished + (size === undefined ? instances : 0),
    })
  }

  const unpacked = unpackedPairsOf(machine.name)
  const { kinds, memories } = elaborate(machine.name, join(root, 'build', 'synth', machine.name))
  const vectorBits = machine.banks * machine.gridHeight * machine.gridWidth * 4
  const waiting = [...kinds]
  const worker = async (): Promise<void> => {
    for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
      const module = /\\(dlp\w*)/.exec(kind.name)?.[1] ?? kind.name
      const size = await synthesise(kind.file, limitSeconds)
      add(
        module === 'dlp_delay' && size !== undefined && size.ff >= vectorBits ? 'dlp_delay of vectors' : module,
        kind.instances,
        size,
      )
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker))
  for (const memory of memories) add(...asBlocks(machine, memory))

  const table = [...rows]
    .map(([module, row]) => ({ module, ...row }))
    .toSorted((a, b) => b.lut - a.lut || b.uram - a.uram || b.ff - a.ff || a.module.localeCompare(b.module))
  const total = sum(table)
  const share = shares(total, 1)
  const unfinished = table.filter((row) => row.unfinished > 0).map((row) => row.module)
  // Divided only where no single die holds it.
  const divided = keys.some((key) => total[key] > (0.8 * device[key]) / 3)
  const perDie = divided ? dies(machine, unpacked, table) : []
  const crossing = divided ? crossings(machine) : {}

  const results = join(root, 'rtl', 'synth', 'results')
  mkdirSync(results, { recursive: true })
  const text = JSON.stringify(
    {
      machine: machine.name,
      device,
      total,
      share,
      unfinished,
      ...(divided
        ? {
            dies: perDie.map((size, die) => ({ lanes: lanesOfDies(machine)[die], ...size, share: shares(size, 3) })),
            crossings: crossing,
          }
        : {}),
      modules: table,
    },
    null,
    2,
  )
  writeFileSync(join(results, `${machine.name}.json`), `${text}\n`)

  const line = (...cells: readonly (string | number)[]): void =>
    console.log(`| ${cells.map((cell) => cell.toLocaleString('en')).join(' | ')} |`)
  const sizeCells = (size: Size): number[] => keys.map((key) => size[key])
  const percent = (size: Size, parts: number): string[] =>
    keys.map((key) => `${((100 * parts * size[key]) / device[key]).toFixed(1)} %`)
  console.log(`\n${machine.name}\n`)
  line('module', 'instances', ...keys.map((key) => key.toUpperCase()))
  line('---', ...['instances', ...keys].map(() => '---'))
  for (const row of table)
    line(`${row.module}${row.unfinished > 0 ? ' (not mapped in time)' : ''}`, row.instances, ...sizeCells(row))
  line('**total**', '', ...sizeCells(total))
  line('share of a VU9P', '', ...percent(total, 1))
  perDie.forEach((size, die) => {
    line(`die ${die}: ${lanesOfDies(machine)[die]} lanes`, '', ...sizeCells(size))
    line('share of a die', '', ...percent(size, 3))
  })
  if (divided) {
    const signals = Object.values(crossing).reduce((all, count) => all + count, 0)
    console.log(
      `\nFrom a die to the next: ${signals.toLocaleString('en')} of ${dieCrossings.toLocaleString('en')} signals (${((100 * signals) / dieCrossings).toFixed(0)} %)`,
    )
    for (const [what, count] of Object.entries(crossing)) console.log(`  ${count.toLocaleString('en')} ${what}`)
  }
  for (const key of keys) if (total[key] > 0.8 * device[key]) console.log(`Above 80 %: ${key.toUpperCase()} binds.`)
  if (unfinished.length > 0) console.log(`A lower bound: not mapped within ${limitSeconds} s: ${unfinished.join(', ')}`)
}

function sum(sizes: readonly Size[]): Size {
  return Object.fromEntries(
    keys.map((key) => [key, sizes.reduce((all, size) => all + size[key], 0)]),
  ) as unknown as Size
}

/** Shares of the device, or of one of its parts. */
function shares(size: Size, parts: number): Record<string, number> {
  return Object.fromEntries(keys.map((key) => [key, Number(((parts * size[key]) / device[key]).toFixed(3))]))
}

/** A memory in the blocks of the device: URAM from 2,048 words of 36 bits on, BRAM from 65 words on, else LUTs. */
function asBlocks(
  machine: Machine,
  { width, depth, instances }: RamInstances,
): [module: string, instances: number, size: Size] {
  const names: Readonly<Record<string, string>> = {
    [`${machine.gridHeight * machine.gridWidth * 4} ${machine.featureWords}`]: 'feature memory',
    [`${machine.rows * (4 + Math.ceil(Math.log2(machine.banks))) + machine.banks * 8 + 8} ${machine.weightBeats}`]:
      'weight memory',
  }
  const name = `${names[`${width} ${depth}`] ?? (width === 54 ? 'parameter memory' : width === 32 * machine.drainRows ? 'logits memory' : 'memory')} (${width} bits by ${depth})`
  const inUram = depth >= 2048 && width >= 36
  const inBram = !inUram && depth > 64
  const bramDepth = Math.max(512, 2 ** Math.ceil(Math.log2(Math.min(depth, 4096))))
  return [
    name,
    instances,
    {
      // output registers of URAM and BRAM are their own
      lut: inUram || inBram ? 0 : Math.ceil((width * depth) / 32),
      ff: inUram || inBram ? 0 : 2 * width,
      dsp: 0,
      bram: inBram ? Math.ceil(width / ((72 * 512) / bramDepth)) * Math.ceil(depth / bramDepth) : 0,
      uram: inUram ? Math.ceil(width / 72) * Math.ceil(depth / 4096) : 0,
    },
  ]
}
