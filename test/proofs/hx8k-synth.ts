// What the smallest machine (rtl/hx8k) takes of an iCE40 HX8K: the processor mapped by itself; with its board's parts placed, routed and packed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { rtlSources, toolIsHere } from '../rtl/verilator.ts'
import { root } from '../support/source-files.ts'

const device = { lc: 7_680, bram: 32 } as const
const folder = join(root, 'build', 'hx8k')
const seed = 1

interface Mapped {
  readonly lut: number
  readonly ff: number
  /** LUTs, and flip-flops that no LUT of their own feeds */
  readonly lc: number
  readonly bram: number
}

/** Maps `dlp`, then places and routes the board `dlp_hx8k`; prints, and writes rtl/synth/results/hx8k.json. */
export function reportHx8k(): void {
  const missing = ['yosys', 'nextpnr-ice40', 'icepack'].filter((tool) => !toolIsHere(tool))
  if (missing.length > 0) {
    console.log(
      `hx8k: skipped, ${missing.join(', ')} not found; on Debian: apt-get install yosys nextpnr-ice40 fpga-icestorm`,
    )
    return
  }
  mkdirSync(folder, { recursive: true })
  const file = join(root, 'rtl/hx8k/machine.json')
  writeFileSync(join(folder, 'dlp_machine_pkg.sv'), machinePackage(parseMachine(readFileSync(file, 'utf8'), file)))

  const processor = map('dlp', [])
  const top = 'dlp_hx8k'
  const board = {
    ...map(
      top,
      ['_link', '_memory', '_top', ''].map((part) => `rtl/hx8k/${top}${part}.sv`),
    ),
    ...placed(top),
  }
  const results = { machine: 'hx8k', device, processor, board }
  writeFileSync(join(root, 'rtl/synth/results/hx8k.json'), `${JSON.stringify(results, null, 2)}\n`)

  console.log(`| on an iCE40 HX8K | LUT | FF | logic cells | block RAMs |\n| --- | --- | --- | --- | --- |`)
  const line = (name: string, { lut, ff, lc, bram }: Record<keyof Mapped, number | string>): string =>
    `| ${name} | ${lut} | ${ff} | ${lc} | ${bram} |`
  console.log(line('processor (`dlp`), mapped', processor))
  console.log(line(`with link and memory's bridge (\`${top}\`), mapped`, board))
  console.log(
    line(`the same, placed and routed (seed ${seed})`, { lut: '', ff: '', lc: board.cells, bram: board.rams }),
  )
  console.log(`| device | | | ${device.lc} | ${device.bram} |`)
  console.log(`${board.clockMHz} MHz after routing; bitstream build/hx8k/${top}.bin`)
}

/** Yosys for iCE40; memories that are never read and written at one place in a cycle need no logic for that. */
function map(top: string, more: readonly string[]): Mapped {
  const [isaPackage = '', ...others] = rtlSources('dlp')
  const files = [isaPackage, join(folder, 'dlp_machine_pkg.sv'), ...others, ...more]
  const json = join(folder, `${top}.json`)
  run('yosys', [
    '-q',
    '-p',
    [
      'read_verilog -D ICE40_HX -lib +/ice40/cells_sim.v',
      `read_verilog -sv -DSYNTHESIS -DDLP_BLOCK_MEMORY ${files.join(' ')}`,
      `hierarchy -check -top ${top}`,
      `synth_ice40 -top ${top} -run begin:coarse`,
      'setattr -set no_rw_check 1 m:*u_program* m:*u_weights* m:*u_parameters*',
      `synth_ice40 -top ${top} -run coarse: -json ${json}`,
    ].join('; '),
  ])
  return sizeOf(json, top)
}

interface Cell {
  readonly type: string
  readonly port_directions: Readonly<Record<string, string>>
  readonly connections: Readonly<Record<string, readonly (number | string)[]>>
}

function sizeOf(json: string, top: string): Mapped {
  const netlist = JSON.parse(readFileSync(json, 'utf8')) as { modules: Record<string, { cells: Record<string, Cell> }> }
  const cells = Object.values(netlist.modules[top]!.cells)
  const users = new Map<number | string, number>()
  const luts = new Set<number | string>()
  for (const { type, connections, port_directions: directions } of cells)
    for (const [port, bits] of Object.entries(connections))
      for (const bit of bits)
        if (directions[port] === 'input') users.set(bit, (users.get(bit) ?? 0) + 1)
        else if (type === 'SB_LUT4') luts.add(bit)
  const lut = cells.filter(({ type }) => type === 'SB_LUT4').length
  const flipFlops = cells.filter(({ type }) => type.startsWith('SB_DFF'))
  const alone = flipFlops.filter(({ connections }) => {
    const data = connections['D']![0]!
    return !(luts.has(data) && users.get(data) === 1)
  })
  const bram = cells.filter(({ type }) => type.startsWith('SB_RAM')).length
  return { lut, ff: flipFlops.length, lc: lut + alone.length, bram }
}

function placed(top: string): { readonly cells: number; readonly rams: number; readonly clockMHz: number } {
  const [json, asc, bin] = ['json', 'asc', 'bin'].map((ending) => join(folder, `${top}.${ending}`)) as [
    string,
    string,
    string,
  ]
  const text = run('nextpnr-ice40', ['--hx8k', '--package', 'ct256', '--json', json, '--asc', asc, '--seed', String(seed), '--freq', '12']) // prettier-ignore
  run('icepack', [asc, bin])
  const last = (pattern: RegExp): number => Number([...text.matchAll(pattern)].at(-1)?.[1])
  return {
    cells: last(/ICESTORM_LC: +(\d+)\//g),
    rams: last(/ICESTORM_RAM: +(\d+)\//g),
    clockMHz: last(/Max frequency for clock [^:]*: ([\d.]+) MHz/g),
  }
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${`${stdout}${stderr}`.slice(-3000)}`)
  return `${stdout}${stderr}`
}
