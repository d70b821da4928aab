// The machine of rtl/hx8k, the smallest one, with delays and slot tables as on a device without LUT RAM.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { encodeProgramWords, instructionBytes } from '../../isa/codec.ts'
import { DlpError } from '../../base/error.ts'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { packTensor } from '../../isa/packing.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'
import { root } from '../support/source-files.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { buildBoard, runOnBoard } from './hx8k-board.ts'
import { compare } from './processor-comparison.ts'
import { rtlSources, toolIsHere } from './verilator.ts'

const file = join(root, 'rtl/hx8k/machine.json')
const machine = parseMachine(readFileSync(file, 'utf8'), file)
const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000
const isHere = process.env['CI'] === 'true' || missingTools().length === 0

describe.skipIf(!isHere)('the processor of hx8k in Verilator', () => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.open(machine, { randomState: seedBase, blockMemory: true })
  }, 300_000)
  afterAll(() => processor?.close())

  test('200 random programs: the simulator’s bytes and cycles', { timeout: 120_000 }, async () => {
    for (let seed = seedBase; seed < seedBase + 200; seed++) {
      expect((await compare(processor, randomProgram(machine, seed, 1 + (seed % 5)))).difference).toBeUndefined()
    }
  })

  test('random graphs: compiled, with the simulator’s bytes and cycles, or refused with a message', { timeout: 120_000 }, async () => {
    let ran = 0
    for (let seed = seedBase; seed < seedBase + 120; seed++) {
      const program = compiled(seed)
      if (program === undefined) continue
      expect((await compare(processor, program)).difference).toBeUndefined()
      ran++
    }
    expect(ran).toBeGreaterThan(5)
  })
})

describe.skipIf(!isHere)('a run of hx8k that ends with an error or a reset in Verilator', () => {
  const sample = randomProgram(machine, seedBase + 3, 3)
  const { program, inputs } = sample
  const first = program.entry.infer

  test.each(['soft', 'alone', 'hard'] as const)('a %s reset in any cycle: the next run is unaffected', { timeout: 300_000 }, async (how) => {
    const processor = await Processor.open(machine, { blockMemory: true })
    const simulator = new Simulator(program, { check: false })
    simulator.init()
    const { cycles } = simulator.infer(inputs).timing
    for (let cycle = 1; cycle < cycles; cycle += Math.ceil(cycles / 40)) {
      await processor.place(program)
      await processor.resetAt(cycle, how)
      expect((await processor.run(first, 1_000_000)).interrupt).toBe(-2)
      expect((await compare(processor, sample)).difference).toBeUndefined()
    }
    await processor.close()
  })

  test('an illegal word at any index: reported with its index, and the next run is unaffected', { timeout: 300_000 }, async () => {
    const processor = await Processor.open(machine, { blockMemory: true })
    for (let index = first; index < program.instructions.length; index++) {
      const words = encodeProgramWords(program.instructions)
      words.fill(0, index * instructionBytes, (index + 1) * instructionBytes)
      await processor.place(program, words)
      const { status, errorIndex } = await processor.run(first, 1_000_000)
      expect({ status, errorIndex }).toEqual({ status: 'illegalInstruction', errorIndex: index })
      expect((await compare(processor, sample)).difference).toBeUndefined()
    }
    await processor.close()
  })
})

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the board of hx8k in Verilator', () => {
  test('runs compiled graphs by its link alone: the simulator’s bytes', { timeout: 600_000 }, () => {
    const board = buildBoard(machine)
    const programs = Array.from({ length: 120 }, (_, i) => compiled(seedBase + i)).flatMap((each) => each ?? []).slice(0, 6) // prettier-ignore
    expect(programs.length).toBe(6)
    for (const { program, inputs } of programs) {
      const simulator = new Simulator(program, { check: false })
      simulator.init()
      simulator.infer(inputs)
      const { output, scratch } = simulator.state.dram
      const found = runOnBoard(board, program, inputs)
      const end = { irq: true, status: 2 }
      expect(found).toEqual({ known: true, resets: [], ends: [end, end], output, scratch })
    }
  })

  test('is reset by its link at any time, also during writes: the SRAM’s rules hold, and the next run is unaffected', { timeout: 600_000 }, () => {
    const { program, inputs } = randomProgram(machine, seedBase + 3, 3)
    const simulator = new Simulator(program, { check: false })
    simulator.init()
    const { timing } = simulator.infer(inputs)
    const { output, scratch } = simulator.state.dram
    // The SRAM is slower than the simulator's DRAM, and frames take time too.
    const cutOff = Array.from({ length: 20 }, (_, i) => Math.floor((i * 1.6 * timing.cycles) / 20) + (i % 13))
    const found = runOnBoard(buildBoard(machine), program, inputs, cutOff)
    const end = { irq: true, status: 2 }
    expect(found).toEqual({ known: true, resets: cutOff.map(() => 0), ends: [end, end], output, scratch })
  })
})

test.skipIf(!toolIsHere('verilator'))('its board has no warning in Verilator', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dlp-hx8k-'))
  const machineFile = join(folder, 'dlp_machine_pkg.sv')
  writeFileSync(machineFile, machinePackage(machine))
  const [isaPackage = '', ...others] = rtlSources('dlp')
  const parts = ['link', 'memory', 'top'].map((name) => `rtl/hx8k/dlp_hx8k_${name}.sv`)
  const files = [isaPackage, machineFile, ...others, ...parts]
  // CMPCONST: a queue of one entry has a count of one bit
  const options = ['--lint-only', '-O0', '-Wall', '-Wno-DECLFILENAME', '-Wno-CMPCONST', '-DDLP_BLOCK_MEMORY']
  const { status, stderr } = spawnSync('verilator', [...options, '--top-module', 'dlp_hx8k_top', ...files], { cwd: root, encoding: 'utf8' }) // prettier-ignore
  rmSync(folder, { recursive: true })
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('-Info'))).toEqual([])
  expect(status).toBe(0)
})

function compiled(seed: number): ProgramCase | undefined {
  const graph = randomGraph(seed, { mostChannels: 4, mostSide: 5, mostLayers: 2 })
  try {
    const { program } = compileGraph(graph, { name: graph.name, machine })
    const [input] = program.inputs
    return { program, inputs: { [input!.name]: packTensor(randomCodes(graph.input, seed), input!, machine) } }
  } catch (error) {
    if (error instanceof DlpError) return undefined
    throw error
  }
}
