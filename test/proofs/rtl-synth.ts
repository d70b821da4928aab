// `npm run rtl:synth [-- card --seconds 100]`: what a machine takes of a VU9P, composed from its modules as Yosys maps them; writes rtl/synth/results.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { root } from '../support/source-files.ts'
import { elaborate, synthesise, synthesiseSources } from '../rtl/synthesis.ts'
import type { Size } from '../rtl/synthesis.ts'
import { toolIsHere } from '../rtl/verilator.ts'
import { reportHx8k } from './hx8k-synth.ts'

const device = { lut: 1_182_240, ff: 2_364_480, dsp: 6_840, bram: 2_160, uram: 960 } as const
const keys = ['lut', 'ff', 'dsp', 'bram', 'uram'] as const
const { values, positionals: names } = parseArgs({
  options: { seconds: { type: 'string', default: '100' } },
  allowPositionals: true,
})
// of one module
const limitSeconds = Number(values.seconds)
const chosen = names.length === 0 ? ['card', 'hx8k'] : names

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
  const sizes = new Map<string, Size & { kinds: number; instances: number; unfinished: number }>()
  const add = (module: string, instances: number, size: Size | undefined): void => {
    const sum = sizes.get(module) ?? { lut: 0, ff: 0, dsp: 0, bram: 0, uram: 0, kinds: 0, instances: 0, unfinished: 0 }
    const one = size ?? { lut: 0, ff: 0, dsp: 0, bram: 0, uram: 0 }
    sizes.set(module, {
      lut: sum.lut + instances * one.lut,
      ff: sum.ff + instances * one.ff,
      dsp: sum.dsp + instances * one.dsp,
      bram: sum.bram + instances * one.bram,
      uram: sum.uram + instances * one.uram,
      kinds: sum.kinds + 1,
      instances: sum.instances + instances,
      unfinished: sum.unfinished + (size === undefined ? instances : 0),
    })
  }

  // Each kind of module alone, three at a time, small ones first.
  const folder = join(root, 'build', 'synth', machine.name)
  const waiting = elaborate(machine.name, folder).filter(({ instances }) => instances > 0)
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const module = /dlp_\w+|dlp$/.exec(next.name)?.[0] ?? next.name
      const size = await synthesise(next.file, limitSeconds)
      add(module, next.instances, size ?? (await bySlices(module, machine)))
    }
  }
  await Promise.all([worker(), worker(), worker()])
  memories(machine, (module, instances, size) => add(module, instances, size))
  await rows(
    machine,
    [...sizes.values()].reduce((sum, { dsp }) => sum + dsp, 0),
    add,
  )

  const table = [...sizes].map(([module, size]) => ({ module, ...size })).toSorted((a, b) => b.lut - a.lut)
  const total = { lut: 0, ff: 0, dsp: 0, bram: 0, uram: 0 }
  for (const row of table) for (const key of keys) total[key] += row[key]
  const share = Object.fromEntries(keys.map((key) => [key, Number((total[key] / device[key]).toFixed(3))]))
  const unfinished = table.filter((row) => row.unfinished > 0).map((row) => row.module)
  const results = join(root, 'rtl', 'synth', 'results')
  mkdirSync(results, { recursive: true })
  const text = JSON.stringify(
    { machine: machine.name, device, total, share, unfinished, limitSeconds, modules: table },
    null,
    2,
  )
  writeFileSync(join(results, `${machine.name}.json`), `${text}\n`)

  console.log(
    `| module | instances | ${keys.map((key) => key.toUpperCase()).join(' | ')} |\n| --- | ${'--- | '.repeat(6)}`,
  )
  for (const row of [...table, { module: '**total**', instances: '', unfinished: 0, ...total }]) {
    const cells = keys.map((key) => row[key].toLocaleString('en'))
    console.log(`| ${row.module}${row.unfinished > 0 ? ' (not mapped in time)' : ''} | ${row.instances.toLocaleString('en')} | ${cells.join(' | ')} |`) // prettier-ignore
  }
  console.log(
    `| share of a VU9P | | ${keys.map((key) => `${((100 * total[key]) / device[key]).toFixed(1)} %`).join(' | ')} |`,
  )
  console.log(
    '\nMemories (dlp_ram) by rule: from 2,048 words on, 36 bits wide or wider, in URAM (72 bits by 4,096); else from 65 words on in BRAM36 (72 bits by 512 … 9 by 4,096); else in LUTs.',
  )
  for (const key of keys) if (total[key] > 0.8 * device[key]) console.log(`Above 80 %: ${key.toUpperCase()} binds.`)
  if (unfinished.length > 0) console.log(`A lower bound: not mapped within ${limitSeconds} s: ${unfinished.join(', ')}`)
}

type Add = (module: string, instances: number, size: Size | undefined) => void

/** Modules that repeat a slice over rows, lanes or values, where the whole takes Yosys too long: a slice's size times their number. */
async function bySlices(module: string, machine: Machine): Promise<Size | undefined> {
  const { drainRows, clusters: Clusters, accumulatorBits: AccumulatorBits } = machine
  const Lanes = machine.gridHeight * machine.gridWidth
  const Groups = machine.rows / drainRows
  const slices: Record<string, [Record<string, number>, number]> = {
    dlp_cluster_sum: [{ Clusters, Values: 8, AccumulatorBits }, (drainRows * Lanes) / 8],
    dlp_lane_sum: [{ Lanes, DrainRows: 1, Groups }, drainRows],
    dlp_psum: [{ Lanes: 4, DrainRows: 1, Groups }, (drainRows * Lanes) / 4],
    dlp_pool_pair: [{ Lanes: 4 }, Lanes / 4],
  }
  const slice = slices[module]
  if (slice === undefined) return undefined
  const [parameters, number] = slice
  const packages = ['rtl/generated/dlp_isa_pkg.sv', 'rtl/dlp_compute_pkg.sv', 'rtl/dlp_pool_pkg.sv']
  const sources = [...packages, 'rtl/cells/dlp_delay.sv', 'rtl/cells/dlp_mux.sv', `rtl/${module}.sv`]
  const size = await synthesiseSources(sources, module, parameters, limitSeconds + 30)
  if (size === undefined) return undefined
  const [lut, ff, dsp, bram] = [size.lut, size.ff, size.dsp, size.bram].map((one) => Math.ceil(one * number)) as [number, number, number, number] // prettier-ignore
  return { lut, ff, dsp, bram, uram: 0 }
}

/** dlp_ram by the rule that the report states. */
function memories(machine: Machine, add: Add): void {
  const lanes = machine.gridHeight * machine.gridWidth
  const beatBits = machine.rows * (4 + Math.log2(machine.banks)) + machine.banks * 8 + 8
  const all: [string, number, number, number][] = [
    ['feature memory', machine.clusters * machine.banks, lanes * 4, machine.featureWords],
    ['weight memory', machine.clusters, beatBits, machine.weightBeats],
    ['instruction memory', 1, 128, machine.instructionWords],
    ['parameter memory', machine.drainRows, 54, (machine.parameterGroups * machine.rows) / machine.drainRows],
    ['logits memory', 1, machine.drainRows * 32, 4096 / machine.drainRows],
  ]
  for (const [name, instances, width, depth] of all) {
    const inUram = depth >= 2048 && width >= 36
    const inBram = !inUram && depth > 64
    const bramDepth = Math.max(512, 2 ** Math.ceil(Math.log2(Math.min(depth, 4096))))
    const bram = Math.ceil(width / ((72 * 512) / bramDepth)) * Math.ceil(depth / bramDepth)
    add(`${name} (${width} bits by ${depth})`, instances, {
      // output registers of URAM and BRAM are their own
      lut: inUram || inBram ? 0 : Math.ceil((width * depth) / 32),
      ff: inUram || inBram ? 0 : 2 * width,
      dsp: 0,
      bram: inBram ? bram : 0,
      uram: inUram ? Math.ceil(width / 72) * Math.ceil(depth / 4096) : 0,
    })
  }
}

/** PE lanes: pairs on DSPs until 80 % of the device's are taken, the rest in LUTs. */
async function rows(machine: Machine, dspTaken: number, add: Add): Promise<void> {
  const lanes = machine.clusters * machine.rows * machine.gridHeight * machine.gridWidth
  const packages = ['rtl/generated/dlp_isa_pkg.sv', 'rtl/cells/dlp_mux.sv']
  const { banks: Banks, accumulatorBits: AccumulatorBits } = machine
  const lane = await synthesiseSources([...packages, 'rtl/dlp_pe_row.sv'], 'dlp_pe_row', { Lanes: 1, Banks, AccumulatorBits }, 200) // prettier-ignore
  const rowsPairs = machine.clusters * machine.rows * Math.floor((machine.gridHeight * machine.gridWidth) / 2)
  const pairs = machine.packedPairs ? Math.max(0, Math.min(rowsPairs, Math.floor(0.8 * device.dsp) - dspTaken)) : 0
  if (pairs > 0) {
    const files = [...packages, 'rtl/cells/dlp_packed_mac.sv', 'rtl/synth/dlp_pe_pair.sv']
    add('PE pair on a DSP', pairs, await synthesiseSources(files, 'dlp_pe_pair', { Banks, AccumulatorBits }, 200))
  }
  add('PE lane in LUTs', lanes - 2 * pairs, lane)
}
