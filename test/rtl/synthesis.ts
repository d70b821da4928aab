// Synthesis of a machine for the card's family, module by module: Yosys elaborates the whole, maps each kind of module once, and the
// sizes are added up with the number of instances.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/source-files.ts'

export interface Size {
  readonly lut: number
  readonly ff: number
  readonly dsp: number
  readonly bram: number
  readonly uram: number
}

/** LUTs that a primitive takes; a LUT RAM takes one per 32 or 64 bits and read port. */
const lutsOf: Readonly<Record<string, number>> = {
  LUT1: 1, LUT2: 1, LUT3: 1, LUT4: 1, LUT5: 1, LUT6: 1, SRL16E: 1, SRLC32E: 1,
  RAM32X1D: 2, RAM64X1D: 2, RAM128X1D: 4, RAM32M: 4, RAM64M: 4, RAM32M16: 8, RAM64M8: 8, RAM256X1D: 8,
} // prettier-ignore
const flipFlops = ['FDRE', 'FDSE', 'FDCE', 'FDPE']

/** Elaborates dlp for a machine and splits it: one RTLIL file a module, with the number of its instances. */
export function elaborate(machine: string, folder: string): { name: string; file: string; instances: number }[] {
  mkdirSync(folder, { recursive: true })
  const left = new Set(['dlp_pe_row.sv', 'dlp_packed_mac.sv'])
  const listed = (path: string): string[] =>
    readdirSync(join(root, path))
      .filter((name) => name.endsWith('.sv') && name !== 'dlp_ram.sv' && !left.has(name))
      .toSorted((a, b) => Number(b.endsWith('_pkg.sv')) - Number(a.endsWith('_pkg.sv')) || a.localeCompare(b))
      .map((name) => `${path}/${name}`)
  const files = ['rtl/generated/dlp_isa_pkg.sv', `rtl/generated/${machine}/dlp_machine_pkg.sv`, ...listed('rtl'), ...listed('rtl/cells')] // prettier-ignore
  const whole = join(folder, 'whole.il')
  const script = `read_verilog -sv ${files.join(' ')}; read_verilog -sv -lib rtl/cells/dlp_ram.sv rtl/dlp_pe_row.sv; hierarchy -check -top dlp; write_rtlil ${whole}; tee -q -o ${whole}.txt stat`
  const { status, stdout, stderr } = spawnSync('yosys', ['-q', '-p', script], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`yosys: ${stdout}${stderr}`)

  const modules = new Map<string, string>()
  for (const [text = '', name = ''] of readFileSync(whole, 'utf8').matchAll(/^module (\S+)\n[\s\S]*?^end$/gm)) {
    modules.set(name, text)
  }
  const kinds = [...modules.keys()].filter((name) => !/^\\dlp_(ram|pe_row)$|\\dlp_(ram|pe_row)\b/.test(name))
  const children = (name: string): string[] =>
    [...(modules.get(name) ?? '').matchAll(/^ {2}cell (\S+) /gm)].flatMap(([, kind = '']) => (modules.has(kind) ? [kind] : [])) // prettier-ignore
  const instances = new Map<string, number>()
  const visit = (name: string, times: number): void => {
    instances.set(name, (instances.get(name) ?? 0) + times)
    for (const child of children(name)) visit(child, times)
  }
  visit('\\dlp', 1)
  return kinds.map((name, i) => {
    const file = join(folder, `${i}.il`)
    writeFileSync(file, `autoidx 1000000\n${modules.get(name) ?? ''}\n`)
    return { name, file, instances: instances.get(name) ?? 0 }
  })
}

/** Maps one module; what it instantiates stays a black box. */
export async function synthesise(file: string, seconds: number): Promise<Size | undefined> {
  // What was mapped once is kept, by the module's text without its places in the sources.
  const kept = join(root, 'build', 'synth', 'kept')
  mkdirSync(kept, { recursive: true })
  const text = readFileSync(file, 'utf8').replaceAll(/^ *attribute \\src .*$/gm, '')
  const path = join(kept, `${createHash('sha256').update(text).digest('hex')}.json`)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Size
  const script = `read_rtlil ${file}; synth_xilinx -family xcup -noiopad -noclkbuf -run prepare:check`
  const size = await mapped(script, seconds)
  if (size !== undefined) writeFileSync(path, JSON.stringify(size))
  return size
}

/** Maps a whole small design from sources. */
export async function synthesiseSources(
  sources: readonly string[],
  top: string,
  parameters: Readonly<Record<string, number>>,
  seconds: number,
): Promise<Size | undefined> {
  const set = Object.entries(parameters).map(([name, value]) => `-chparam ${name} ${value}`)
  return await mapped(
    `read_verilog -lib +/xilinx/cells_xtra.v; read_verilog -sv -DDLP_DSP48E2 ${sources.join(' ')}; hierarchy -top ${top} ${set.join(' ')}; synth_xilinx -family xcup -noiopad -noclkbuf -flatten -run prepare:check`,
    seconds,
  )
}

async function mapped(script: string, seconds: number): Promise<Size | undefined> {
  const folder = mkdtempSync(join(root, 'build', 'synth', 'stat-'))
  const file = join(folder, 'stat.txt')
  const libraries = 'read_verilog -lib +/xilinx/cells_sim.v'
  const ended = await new Promise<boolean>((resolve, reject) => {
    const args = ['-q', '-p', `${libraries}; ${script}; tee -q -o ${file} stat`]
    const yosys = spawn('yosys', args, { cwd: root, timeout: seconds * 1000, killSignal: 'SIGKILL' })
    let errors = ''
    yosys.stderr.on('data', (part) => (errors = (errors + String(part)).slice(-1000)))
    yosys.stdout.resume()
    yosys.on('error', reject)
    yosys.on('close', (status, signal) => {
      if (signal === 'SIGKILL') resolve(false)
      else if (status === 0) resolve(true)
      else reject(new Error(`yosys: ${errors}`))
    })
  })
  const size = ended ? sizeOf(readFileSync(file, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  return size
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
