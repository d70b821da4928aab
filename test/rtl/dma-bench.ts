// The DMA units in Verilator and in the simulator: random transfers, their cycles in both, and the contents of the memories afterwards.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fieldsBits, packFields } from '../../base/bits.ts'
import { packInstruction } from '../../isa/codec.ts'
import { geometryFields, parameterFields, slotFields } from '../../isa/model/formats.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { lanes } from '../../isa/model/machine.ts'
import { execute } from '../../isa/semantics/execute.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import { parameterAt, wordIndex } from '../../isa/semantics/state.ts'
import { loadBeatToWriteCycles, parameterBeatToWriteCycles } from '../../isa/timing.ts'
import { packBeats } from '../../isa/weights/beats.ts'
import { AxiRead } from '../../simulator/dlp_axi_read.ts'
import { AxiWrite } from '../../simulator/dlp_axi_write.ts'
import type { Queued } from '../../simulator/dlp_dispatch.ts'
import { LoadUnit } from '../../simulator/dlp_load.ts'
import { ParameterUnit } from '../../simulator/dlp_parameter.ts'
import { StoreUnit } from '../../simulator/dlp_store.ts'
import type { InstructionRecord } from '../../simulator/record.ts'
import { newRecord } from '../../simulator/record.ts'
import type { RandomTransfers } from './random-transfers.ts'
import { regionSize, transferQueues } from './random-transfers.ts'
import { buildBench, rtlSources, run } from './verilator.ts'

const parameterUsedBits = BigInt(fieldsBits(parameterFields))

/** Builds the bench of a machine. */
export function dmaBench(machine: Machine, options: readonly string[] = []): string {
  const module = 'dlp_load'
  const known = new Set(rtlSources(module))
  const others = ['dlp_parameter', 'dlp_store', 'dlp_axi_read', 'dlp_axi_write'].flatMap((top) => rtlSources(top))
  const missing = [...new Set(others)].filter((path) => !known.has(path))
  const files = [...missing, 'rtl/bench/dlp_dma_bench.sv', 'rtl/bench/dma_bench.cpp']
  return buildBench({ top: 'dlp_dma_bench', module, machine, files, macros: {}, options })
}

/** The outcome: events by kind (see dlp_dma_bench.sv), memories as lines of hexadecimal numbers. */
export interface DmaOutcome {
  readonly events: readonly string[]
  readonly memories: Readonly<Record<string, readonly string[]>>
}

export interface DmaOptions {
  /** DRAM pauses at random */
  readonly pauses?: number
  /** read data beat that is answered with an error */
  readonly failing?: number
}

/** Runs transfers in Verilator for so many cycles. */
export function runDma(program: string, { state, queues }: RandomTransfers, cycles: number, options: DmaOptions = {}): DmaOutcome {
  const folder = mkdtempSync(join(tmpdir(), 'dlp-dma-'))
  try {
    mkdirSync(folder, { recursive: true })
    const write = (name: string, lines: readonly string[]): void => writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
    write('dram.hex', dramLines(state))
    write('feature.hex', featureLines(state))
    write('logits.hex', logitsLines(state))
    const script: string[] = []
    transferQueues.forEach((name, queue) => {
      for (const { instruction, from } of queues[name])
        script.push(`i ${queue} ${from.toString(16)} ${packInstruction(instruction).toString(16)}`)
    })
    if (options.pauses !== undefined) script.push(`j ${options.pauses.toString(16)}`)
    if (options.failing !== undefined) script.push(`k ${options.failing.toString(16)}`)
    write('script', [...script, `e ${cycles.toString(16)}`])
    const events = run(program, [`+folder=${folder}`]).split('\n').filter((line) => /^[a-zA-Z] [\d ]+$/.test(line))
    const read = (name: string): string[] =>
      readFileSync(join(folder, `${name}.out`), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('@')).map(trimmed)
    const names = ['dram', 'feature', 'weights', 'parameters', 'geometries', 'slots', 'tapbits']
    return { events, memories: Object.fromEntries(names.map((name) => [name, read(name)])) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface DmaExpectation extends DmaOutcome {
  readonly cycles: number
}

/** The outcome of the same transfers by simulator and semantics; changes their state. */
export function expectDma({ state, queues }: RandomTransfers): DmaExpectation {
  const { machine } = state
  const read = new AxiRead(machine)
  const write = new AxiWrite(machine)
  const load = new LoadUnit(machine, read, write)
  const parameter = new ParameterUnit(machine, read)
  const store = new StoreUnit(machine, write)
  const waiting = transferQueues.map((name) => queues[name].map(({ instruction, from }, i) => ({ instruction, from, record: newRecord(i) })))
  const all = waiting.map((queue) => [...queue])
  const events: string[] = []
  let stored = waiting[2]!.length
  let cycle = 0
  for (; cycle < 100_000; cycle++) {
    if (waiting.every((queue) => queue.length === 0) && load.idle() && parameter.idle() && stored === 0) break
    const ready = [load.canIssue(), parameter.canIssue(), !store.busy() && !store.busyReading()]
    waiting.forEach((queue, q) => {
      const head = queue[0]
      if (head === undefined || head.from > cycle || ready[q] !== true) return
      queue.shift()
      const queued = head as Queued
      if (q === 0) load.issue(queued, cycle)
      if (q === 1) parameter.issue(queued, cycle)
      if (q === 2 && head.instruction.op === 'STORE') {
        const { record } = head
        record.issue = cycle
        store.issue(head.instruction, record, cycle, (at) => {
          record.retire = at
          stored--
        })
      }
    })
    const beats = [read.beats, write.beats]
    read.step(cycle)
    write.step(cycle)
    if (read.beats > beats[0]!) events.push(`b ${cycle}`)
    if (write.beats > beats[1]!) events.push(`w ${cycle}`)
    load.inFlight.step(cycle)
    parameter.inFlight.step(cycle)
  }
  all.forEach((queue, q) => {
    for (const { instruction, record } of queue) {
      events.push(`i ${q} ${record.index} ${record.issue}`, `r ${q} ${record.index} ${record.retire}`)
      events.push(...writesOf(instruction, record))
      execute(state, instruction)
    }
  })
  return { events: events.toSorted(), memories: memoriesOf(state), cycles: cycle + 8 }
}

function writesOf({ op }: LegalInstruction, { steps, last }: InstructionRecord): string[] {
  if (op === 'LOAD') return [...steps!].map((at) => `F ${at + loadBeatToWriteCycles}`)
  if (op === 'LOADW') return [...(steps ?? [])].map((at) => `W ${at + parameterBeatToWriteCycles}`)
  return op === 'STORE' ? [`l ${last}`] : []
}

/** The memories as the bench writes them. */
function memoriesOf(state: MachineState): Record<string, readonly string[]> {
  const { machine, tables, parameters, weights } = state
  const bytes = packBeats(weights, machine)
  const size = bytes.length / weights.beats
  const beatRows = machine.axiBits / 64
  const wordRows = [1, 2, 4, 8].map((times) => times * machine.drainRows).find((rows) => rows % beatRows === 0)!
  const rowsOfWords: string[] = []
  for (let group = 0; group < machine.parameterGroups; group++) {
    for (let first = 0; first < machine.rows; first += wordRows) {
      let word = 0n
      for (let row = Math.min(first + wordRows, machine.rows) - 1; row >= first; row--) {
        const at = group * machine.rows + row
        word = (word << parameterUsedBits) | packFields(parameterFields, parameterAt(parameters, at))
      }
      rowsOfWords.push(word.toString(16))
    }
  }
  return {
    dram: dramLines(state),
    feature: featureLines(state),
    weights: Array.from({ length: weights.beats }, (_, beat) => bytesHex(bytes.subarray(beat * size, (beat + 1) * size))),
    parameters: rowsOfWords,
    geometries: tables.flatMap(({ geometries }) => geometries.map((each) => packFields(geometryFields, each).toString(16))),
    slots: tables.flatMap(({ slots }) => slots.map((each) => packFields(slotFields, each).toString(16))),
    tapbits: tables.map(({ tapBits }) => tapBits.toString(16)),
  }
}

function dramLines({ machine, dram }: MachineState): string[] {
  const size = machine.axiBits / 8
  const lines: string[] = []
  for (const region of [dram.constants, dram.input, dram.output, dram.scratch]) {
    if (region.length !== regionSize) throw new Error(`a region of ${region.length} bytes`)
    for (let at = 0; at < region.length; at += size) lines.push(bytesHex(region.subarray(at, at + size)))
  }
  return lines
}

function featureLines({ machine, feature }: MachineState): string[] {
  return Array.from({ length: machine.featureWords }, (_, address) => {
    let digits = ''
    for (let cluster = machine.clusters - 1; cluster >= 0; cluster--) {
      for (let bank = machine.banks - 1; bank >= 0; bank--) {
        const first = wordIndex(machine, cluster, bank, address)
        for (let lane = lanes(machine) - 1; lane >= 0; lane--) digits += feature[first + lane]!.toString(16)
      }
    }
    return trimmed(digits)
  })
}

function logitsLines({ machine, logits }: MachineState): string[] {
  const lines: string[] = []
  for (let at = 0; at < logits.length; at += machine.drainRows) {
    const words = Array.from(logits.subarray(at, at + machine.drainRows), (each) => (each >>> 0).toString(16).padStart(8, '0'))
    lines.push(trimmed(words.toReversed().join('')))
  }
  return lines
}

const bytesHex = (bytes: Uint8Array): string => trimmed(Buffer.from(bytes.toReversed()).toString('hex'))

const trimmed = (hex: string): string => hex.replace(/^0+(?=.)/, '')
