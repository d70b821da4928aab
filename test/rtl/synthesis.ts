// Synthesis of a machine for the card's family, module by module: Yosys elaborates the whole, maps each kind of module once, and the
// sizes are added up with the number of instances.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { root } from '../support/source-files.ts'
import { type Netlist, netlistOf } from './timing/netlist.ts'

export interface Size {
  readonly lut: number
  readonly ff: number
  readonly dsp: number
  readonly bram: number
  readonly uram: number
}

/** A kind of module in the elaborated design: an RTLIL file with its submodules as black boxes, and the number of its instances. */
export interface Kind {
  readonly name: string
  readonly file: string
  readonly instances: number
}

/** A size of dlp_ram, and the number of its instances. */
export interface RamInstances {
  readonly width: number
  readonly depth: number
  readonly instances: number
}

/** LUTs of a primitive; a LUT RAM takes one per 32 or 64 bits and read port. */
const lutsOf: Readonly<Record<string, number>> = {
  LUT1: 1, LUT2: 1, LUT3: 1, LUT4: 1, LUT5: 1, LUT6: 1, INV: 1, SRL16E: 1, SRLC32E: 1,
  RAM32X1D: 2, RAM64X1D: 2, RAM128X1D: 4, RAM32M: 4, RAM64M: 4, RAM32M16: 8, RAM64M8: 8, RAM256X1D: 8,
} // prettier-ignore
const flipFlops = ['FDRE', 'FDSE', 'FDCE', 'FDPE']

/** Modules that are mapped as part of those that instantiate them. */
const within = /\\dlp_(mux|add)\b/
/** The forms for the card's family; Yosys itself defines SYNTHESIS. */
const forms = '-DDLP_DSP48E2 -DDLP_CARRY8 -DDLP_MUXF7'
// Wide LUTs cost abc more LUTs than it saves levels; where MUXF7 and MUXF8 pay they are instantiated (cells/dlp_mux.sv).
const map = 'synth_xilinx -family xcup -noiopad -noclkbuf -nowidelut -flatten -run prepare:check'

/** Of every two rows' pairs of lanes, those in LUTs: as few as leave a fifth of each die's DSPs free (rtl/card/dlp_card_top.sv). */
export const unpackedPairsOf = (machine: string): number => (machine === 'card' ? 10 : 0)

/** Elaborates dlp for a machine and splits it into its kinds of modules and its memories. */
export function elaborate(machine: string, folder: string): { kinds: Kind[]; memories: RamInstances[] } {
  mkdirSync(folder, { recursive: true })
  const listed = (path: string): string[] =>
    readdirSync(join(root, path))
      .filter((name) => name.endsWith('.sv') && name !== 'dlp_ram.sv')
      .toSorted((a, b) => Number(b.endsWith('_pkg.sv')) - Number(a.endsWith('_pkg.sv')) || a.localeCompare(b))
      .map((name) => `${path}/${name}`)
  const files = ['rtl/generated/dlp_isa_pkg.sv', `rtl/generated/${machine}/dlp_machine_pkg.sv`, ...listed('rtl'), ...listed('rtl/cells')] // prettier-ignore
  const whole = join(folder, 'whole.il')
  const script = [
    'read_verilog -lib +/xilinx/cells_sim.v',
    'read_verilog -lib +/xilinx/cells_xtra.v',
    `read_verilog -sv ${forms} ${files.join(' ')}`,
    'read_verilog -sv -lib rtl/cells/dlp_ram.sv',
    `hierarchy -check -top dlp -chparam UnpackedPairs ${unpackedPairsOf(machine)}`,
    `write_rtlil ${whole}`,
  ]
  const { status, stdout, stderr } = spawnSync('yosys', ['-q', '-p', script.join('; ')], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`yosys: ${stdout}${stderr}`)

  const modules = new Map<string, string>()
  let top = ''
  const text = readFileSync(whole, 'utf8').replaceAll(/^ *attribute \\src .*\n/gm, '')
  for (const [all = '', attributes = '', name = ''] of text.matchAll(/^((?:attribute .*\n)*)module (\S+)\n[\s\S]*?^end$/gm)) {
    modules.set(name, all)
    if (attributes.includes('\\top 1')) top = name
  }
  const children = (name: string): string[] =>
    [...(modules.get(name) ?? '').matchAll(/^ {2}cell (\S+) /gm)].flatMap(([, kind = '']) => (modules.has(kind) ? [kind] : [])) // prettier-ignore
  const instances = new Map<string, number>()
  const visit = (name: string, times: number): void => {
    instances.set(name, (instances.get(name) ?? 0) + times)
    if (!within.test(name)) for (const child of children(name)) visit(child, times)
  }
  visit(top, 1)

  const memories: RamInstances[] = []
  for (const [name, count] of instances) {
    for (const [, parameters = ''] of (modules.get(name) ?? '').matchAll(/^ {2}cell \\dlp_ram \S+\n((?: {4}parameter .*\n)*)/gm)) {
      const [width, depth] = ['Width', 'Depth'].map((key) => Number(new RegExp(`\\\\${key} (\\d+)`).exec(parameters)?.[1] ?? NaN))
      memories.push({ width: width!, depth: depth!, instances: count })
    }
  }
  const kinds = [...instances.keys()].filter((name) => /dlp/.test(name) && !within.test(name) && !/\\dlp_ram\b/.test(name))
  return {
    memories,
    kinds: kinds.map((name, i) => {
      const file = join(folder, `${i}.il`)
      const below = new Set<string>()
      const collect = (of: string): void => {
        for (const child of children(of)) {
          if (below.has(child)) continue
          below.add(child)
          if (within.test(child)) collect(child)
        }
      }
      collect(name)
      // dlp_ram's ports have the widths of its cells' parameters, not of the module
      const parts = [...below]
        .filter((child) => !/\\dlp_ram\b/.test(child))
        .map((child) => (within.test(child) ? modules.get(child) : blackBox(child, modules.get(child) ?? '')))
      const own = (modules.get(name) ?? '').replace(`module ${name}\n`, 'module \\mapped\n')
      writeFileSync(file, `autoidx 1000000\n${[...parts, own].join('\n')}\n`)
      return { name, file, instances: instances.get(name) ?? 0 }
    }),
  }
}

/** A module's ports alone. */
function blackBox(name: string, text: string): string {
  const ports = text.match(/^ {2}wire (?:.* )?(?:input|output|inout) \d+.*$/gm) ?? []
  return [`attribute \\blackbox 1`, `module ${name}`, ...ports, 'end'].join('\n')
}

/** Maps one kind of module; its submodules stay black boxes. @returns undefined where that takes more than so many seconds of processor time */
export async function synthesise(file: string, seconds: number): Promise<Size | undefined> {
  const kept = await mapped(file, seconds, false)
  return kept === undefined ? undefined : sizeOf(readFileSync(kept.stat, 'utf8'))
}

/** The same as a netlist. */
export async function mapToNetlist(file: string, seconds: number): Promise<Netlist | undefined> {
  const kept = await mapped(file, seconds, true)
  return kept === undefined ? undefined : netlistOf(gunzipSync(readFileSync(kept.netlist)).toString('utf8'), 'mapped')
}

/** Files of a mapped module. What was mapped once is kept, by the module's text and the way to map it. */
async function mapped(file: string, seconds: number, netlist: boolean): Promise<{ stat: string; netlist: string } | undefined> {
  const folder = join(root, 'build', 'synth', 'kept')
  mkdirSync(folder, { recursive: true })
  const names = new Map<string, string>()
  // names that Yosys generates contain places in the sources and numbers that count over the whole design
  const text = readFileSync(file, 'utf8').replaceAll(/\$[\w/.:$-]+\$\d+/g, (name) => {
    const known = names.get(name) ?? `$${names.size}`
    names.set(name, known)
    return known
  })
  const hash = createHash('sha256').update(map).update(text).digest('hex')
  const kept = { stat: join(folder, `${hash}.txt`), netlist: join(folder, `${hash}.json.gz`) }
  if (existsSync(kept.stat) && (!netlist || existsSync(kept.netlist))) return kept
  const scratch = mkdtempSync(join(root, 'build', 'synth', 'stat-'))
  try {
    const [stat, json] = [join(scratch, 'stat.txt'), join(scratch, 'netlist.json')]
    const load = `read_verilog -lib +/xilinx/cells_sim.v; read_rtlil ${file}; hierarchy -top mapped`
    const script = `${load}; ${map}; tee -q -o ${stat} stat; delete * mapped %d; setattr -unset src *; write_json ${json}`
    if (!(await yosysWithin(seconds, script))) return undefined
    writeFileSync(kept.stat, readFileSync(stat))
    writeFileSync(kept.netlist, gzipSync(readFileSync(json)))
    return kept
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** @returns false where Yosys took more than so many seconds of processor time */
function yosysWithin(seconds: number, script: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const limited = ['-c', 'ulimit -t "$1"; exec yosys -q -p "$2"', 'sh', String(seconds), script]
    const yosys = spawn('sh', limited, { cwd: root })
    let errors = ''
    yosys.stderr.on('data', (part) => (errors = (errors + String(part)).slice(-1000)))
    yosys.stdout.resume()
    yosys.on('error', reject)
    yosys.on('close', (status, signal) => {
      if (signal === 'SIGXCPU' || signal === 'SIGKILL') resolve(false)
      else if (status === 0) resolve(true)
      else reject(new Error(`yosys: ${errors}`))
    })
  })
}

/** Reads Yosys's `stat`. */
export function sizeOf(text: string): Size {
  let [lut, ff, dsp, bram] = [0, 0, 0, 0]
  for (const [, kind = '', count = '0'] of text.matchAll(/^ {5}(\S+) +(\d+)$/gm)) {
    lut += (lutsOf[kind] ?? 0) * Number(count)
    if (flipFlops.includes(kind)) ff += Number(count)
    if (kind === 'DSP48E2') dsp += Number(count)
    if (kind === 'RAMB36E2') bram += Number(count)
    if (kind === 'RAMB18E2') bram += Number(count) / 2
  }
  return { lut, ff, dsp, bram, uram: 0 }
}
