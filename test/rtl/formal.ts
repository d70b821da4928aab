// The bounded proofs of rtl/formal: module, depth, and mutations that each must find; run by yosys-smtbmc with z3.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/source-files.ts'
import { rtlSources } from './verilator.ts'

export interface Mutation {
  /** text of the module, found once in its file */
  readonly from: string
  readonly to: string
}

export interface FormalProof {
  readonly name: string
  /** the harness is rtl/formal/<module>_formal.sv, which states the assumptions */
  readonly module: string
  /** the claim, in one line */
  readonly claim: string
  /** parameters of the harness that are not its defaults */
  readonly parameters: Readonly<Record<string, number>>
  /** clock cycles from reset, for all inputs that satisfy the assumptions */
  readonly depth: number
  /** errors that the proof must find: a proof that finds none proves nothing */
  readonly mutations: readonly Mutation[]
  /** constants of the generated package, made smaller so that their effect lies within the depth */
  readonly constants?: Readonly<Record<string, number>>
}

export const proofs: readonly FormalProof[] = [
  {
    name: 'fifo',
    module: 'dlp_fifo',
    claim: 'words keep their order, none is lost, invented or kept through clear_i, full and valid are right',
    parameters: { Width: 4, Depth: 3 },
    depth: 9,
    mutations: [
      { from: "write_d = (write_q == LastPointer) ? '0 : write_q + PointerBits'(1)", to: "write_d = write_q + PointerBits'(1)" },
      { from: "count_d = '0;\n    end", to: 'end' },
    ],
  },
  {
    name: 'queue',
    module: 'dlp_queue',
    claim: 'instructions keep their order and index, none is kept through clear_i, the head shows its wait field',
    parameters: {},
    depth: 8,
    mutations: [
      { from: '.clear_i     (clear_i)', to: ".clear_i     (1'b0)" },
      { from: 'head.word[dlp_isa_pkg::InstructionWaitAt+:', to: 'head.word[dlp_isa_pkg::InstructionSignalAt+:' },
    ],
  },
  {
    name: 'semaphores',
    module: 'dlp_semaphores',
    claim: 'ready exactly when all counts are there, signals count a cycle later, no count below zero, overflow reported',
    parameters: {},
    depth: 6,
    mutations: [{ from: 'overflow[s] = sum[SumBits-1:CountBits]', to: 'overflow[s] = sum[SumBits-1:CountBits+1]' }],
    constants: { Semaphores: 4, SemaphoreBits: 2 },
  },
  {
    name: 'burst, 64-bit bus',
    module: 'dlp_burst',
    claim: 'bursts cover a transfer exactly, have 1 to 256 beats, stay within 4 KB and are as long as that allows',
    parameters: {},
    depth: 6,
    mutations: [{ from: "? 9'(dlp_isa_pkg::BurstBeats) : 9'(page_rest)", to: "? 9'(page_rest) : 9'(page_rest)" }],
  },
  {
    name: 'burst, 512-bit bus',
    module: 'dlp_burst',
    claim: 'the same where 4 KB are 64 beats',
    parameters: { AxiBits: 512 },
    depth: 6,
    mutations: [{ from: '- {1\'b0, address_q[PageBits-1:0]}', to: '- {2\'b0, address_q[PageBits-2:0]}' }],
  },
  {
    name: 'feature bank',
    module: 'dlp_feature_bank',
    claim: 'no word of LOAD is lost or overtaken in the skid register, each is written one cycle late at most',
    parameters: { WordBits: 2, FeatureWords: 4 },
    depth: 9,
    mutations: [{ from: 'unit_valid ? skid_valid_q || load_valid_i', to: 'unit_valid ? skid_valid_q' }],
  },
  {
    name: 'read arbiter',
    module: 'dlp_axi_read',
    claim: 'addresses are held until taken, grants of LOAD and the parameter queue alternate, data reaches its owner in order',
    parameters: {},
    depth: 7,
    mutations: [{ from: 'held_q ? held_load_q : (load_valid', to: '(load_valid' }],
  },
  {
    name: 'registers',
    module: 'dlp_control',
    claim: 'each access is answered once, its response is held, a start is from idle only, a flush lasts until the bus is quiet',
    parameters: {},
    depth: 8,
    mutations: [
      { from: 'state_q <= StateFlush;', to: 'state_q <= StateIdle;' },
      { from: 'if (flushed_q && quiet_i)', to: 'if (flushed_q)' },
      { from: 'bvalid_d = write || (bvalid_q && !s_axil_bready)', to: 'bvalid_d = write' },
      { from: 'if (busy) refused = 1\'b1;', to: 'if (state_q == StateRun) refused = 1\'b1;' },
    ],
  },
  {
    name: 'write channel',
    module: 'dlp_axi_write',
    claim: 'addresses and data are held until taken, bursts have all their beats and mark the last, nothing is left on the bus, flushed or not',
    parameters: {},
    depth: 8,
    mutations: [
      { from: "if (!units_rst_nq) m_axi_wstrb", to: "if (!units_rst_nq || flush_i) m_axi_wstrb" },
      { from: "!flush_i || (units_rst_nq && m_axi_wvalid && !m_axi_wready)", to: "!flush_i" },
      { from: "m_axi_wlast = remaining_q == 9'd1", to: "m_axi_wlast = remaining_q == 9'd1 || (flush_i && remaining_q == 9'd2)" },
      { from: "owned_d = 1'b0;\n    held_d", to: "owned_d = 1'b1;\n    held_d" },
    ],
  },
]

/** The machine whose package the modules refer to; the claims do not depend on it. */
const machinePackage = 'rtl/generated/tiny/dlp_machine_pkg.sv'

export interface ProofOutcome {
  readonly holds: boolean
  /** the assertion that failed, where one did */
  readonly violated: string | undefined
  readonly seconds: number
  /** the solver's output */
  readonly output: string
}

/** Runs one proof, or its copy with an error put in. @throws the message of yosys or the solver, if there is no answer */
export function prove(proof: FormalProof, mutation?: Mutation): ProofOutcome {
  const begin = performance.now()
  const build = join(root, 'build', 'formal')
  mkdirSync(build, { recursive: true })
  const folder = mkdtempSync(join(build, 'proof-'))
  try {
    const top = `${proof.module}_formal`
    const [isaPackage = '', ...sources] = rtlSources(proof.module)
    const files = [isaPackage, machinePackage, ...sources, `rtl/formal/${top}.sv`].map((path, i) => {
      const copy = join(folder, `${i}.sv`)
      writeFileSync(copy, prepared(path, proof, mutation))
      return copy
    })
    const parameters = Object.entries(proof.parameters).map(([name, value]) => `-chparam ${name} ${value}`)
    const model = join(folder, 'model.smt2')
    // SYNTHESIS hides the modules' own assertions: the harness states claims and assumptions
    const script = [
      `read_verilog -sv -formal -DSYNTHESIS ${files.join(' ')}`,
      `hierarchy -check -top ${top} ${parameters.join(' ')}`,
      'proc; flatten; opt -full; memory; async2sync; opt -full; dffunmap; opt_clean; check',
      `write_smt2 -wires ${model}`,
    ].join('; ')
    const yosys = spawnSync('yosys', ['-q', '-p', script], { encoding: 'utf8', timeout: 120_000 })
    if (yosys.status !== 0 || !existsSync(model)) throw new Error(`yosys: ${yosys.stdout}${yosys.stderr}`)
    const solver = spawnSync('yosys-smtbmc', ['-s', 'z3', '--presat', '--unroll', '-t', String(proof.depth), model], {
      encoding: 'utf8',
      timeout: 300_000,
    })
    const output = `${solver.stdout}${solver.stderr}`
    const passed = /Status: passed/i.test(output)
    if (!passed && !/Status: failed/i.test(output)) throw new Error(`yosys-smtbmc: ${output}`)
    const violated = /Assert failed in \S+ (.*)$/m.exec(output)?.[1]
    return { holds: passed, violated, seconds: (performance.now() - begin) / 1000, output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A source as the proof reads it: mutated where it is the module under proof, with smaller constants where it is the package. */
function prepared(path: string, { module, constants = {} }: FormalProof, mutation: Mutation | undefined): string {
  let text = readFileSync(join(root, path), 'utf8')
  if (mutation !== undefined && path.endsWith(`/${module}.sv`)) {
    if (text.split(mutation.from).length !== 2) throw new Error(`${path} does not have once: ${mutation.from}`)
    text = text.replace(mutation.from, () => mutation.to)
  }
  if (path.endsWith('dlp_isa_pkg.sv')) {
    for (const [name, value] of Object.entries(constants)) {
      const pattern = new RegExp(`(localparam int unsigned ${name} = )\\d+;`)
      if (!pattern.test(text)) throw new Error(`${path} has no ${name}`)
      text = text.replace(pattern, `$1${value};`)
    }
  }
  return text
}
