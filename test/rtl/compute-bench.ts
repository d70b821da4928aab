// The compute path in Verilator and what the ISA says of it: scripts for the bench, its answers, and the same answers from semantics and timing.
import { packFields } from '../../isa/bits.ts'
import { packInstruction } from '../../isa/codec.ts'
import { geometryFields, logitsWords, parameterFields, slotFields } from '../../isa/formats.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/machine.ts'
import { lanes, slotChannels } from '../../isa/machine.ts'
import { execute } from '../../isa/semantics/execute.ts'
import type { Overflow } from '../../isa/semantics/execution.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import { wordIndex } from '../../isa/semantics/state.ts'
import {
  beatToLogitsCycles,
  beatToReadCycles,
  computeRetireCycles,
  drainGroups,
  gapAfter,
  issueToBeatCycles,
  resultCycles,
} from '../../isa/timing.ts'
import { packBeats } from '../../isa/weights/beats.ts'
import { buildBench, run } from './verilator.ts'
import type { RandomProgram } from './random-program.ts'

/** What a program did: events in cycles (see compute_bench.cpp), then memories. */
export interface Outcome {
  readonly events: readonly string[]
  readonly memories: readonly string[]
}

/** Builds the bench of a machine. */
export const computeBench = (machine: Machine, options: readonly string[] = []): string =>
  buildBench({
    top: 'dlp_compute_bench',
    module: 'dlp_compute',
    machine,
    files: ['rtl/dlp_compute_queue.sv', 'rtl/bench/dlp_compute_bench.sv', 'rtl/bench/compute_bench.cpp'],
    macros: {
      ROWS: machine.rows, DRAIN_ROWS: machine.drainRows, FEATURE_WORDS: machine.featureWords, WORD_BITS: 4 * lanes(machine),
      WORDS: slotChannels(machine), ADDRESS_BITS: Math.max(1, Math.ceil(Math.log2(machine.featureWords))),
    },
    options,
  }) // prettier-ignore

/** Runs scripts one after the other in one process: memories that a script does not load keep what they hold. */
export function runBench(program: string, scripts: readonly string[]): Outcome[] {
  const blocks = run(program, [], scripts.join('')).split('.\n').slice(0, -1)
  return blocks.map((block) => {
    const lines = block.split('\n').filter((line) => line !== '')
    const isMemory = (line: string): boolean => 'mpg'.includes(line[0] ?? '')
    return { events: lines.filter((line) => !isMemory(line)), memories: lines.filter(isMemory) }
  })
}

/** The bench's commands for a program: all memories, its instructions, and as many cycles as they take. */
export function script({ state, steps }: RandomProgram, cycles: number): string {
  const { machine, weights, parameters, tables } = state
  const lines: string[] = []
  for (let address = 0; address < machine.featureWords; address++)
    lines.push(`1 ${address} ${wordsHex(state, address)}`)
  const beats = steps.reduce(
    (most, { instruction: i }) => (i.op === 'COMPUTE' ? Math.max(most, i.beat + i.beats) : most),
    0,
  )
  const bytes = packBeats(weights, machine)
  const size = bytes.length / weights.beats
  for (let beat = 0; beat < beats; beat++)
    lines.push(`2 ${beat} ${bytesHex(bytes.subarray(beat * size, (beat + 1) * size))}`)
  for (let word = 0; word < 4 * drainGroups(machine); word++) {
    let value = 0n
    for (let j = machine.drainRows - 1; j >= 0; j--) {
      const at = word * machine.drainRows + j
      const row = { bias: parameters.bias[at]!, multiplier: parameters.multiplier[at]!, shift: parameters.shift[at]! }
      value = (value << 54n) | packFields(parameterFields, row)
    }
    lines.push(`3 ${word} ${value.toString(16)}`)
  }
  tables.forEach(({ geometries, slots, tapBits }, block) => {
    geometries.forEach((each, i) => lines.push(`4 ${block * 128 + i} ${packFields(geometryFields, each).toString(16)}`))
    slots.forEach((each, i) => lines.push(`5 ${block * 128 + i} ${packFields(slotFields, each).toString(16)}`))
    lines.push(`6 ${block * 128} ${tapBits}`)
  })
  lines.push('r')
  for (const { instruction, delay } of steps) {
    lines.push(`i ${instruction.op === 'LAYER' ? 7 : 8} ${packInstruction(instruction).toString(16)} ${delay}`)
  }
  lines.push(`e ${cycles}`)
  return lines.map((line) => `${line}\n`).join('')
}

export interface Expectation extends Outcome {
  /** cycles until everything is written */
  readonly cycles: number
  /** a sum left its accumulator: outside the contract of packed machines */
  readonly overflows: boolean
}

/** What semantics and timing say; changes the program's state. */
export function expectation({ state, steps }: RandomProgram): Expectation {
  const { machine } = state
  const events: { cycle: number; order: number; text: string }[] = []
  let overflows = false
  let offered = 0
  let cycles = 0
  let last = -1
  let previous: InstructionOf<'COMPUTE'> | undefined
  for (const { instruction, delay } of steps) {
    offered += delay
    execute(state, instruction, { overflow: ({ kind }: Overflow) => (overflows ||= kind === 'cluster') })
    if (instruction.op === 'COMPUTE') {
      const issued =
        previous === undefined ? offered : Math.max(offered, last + Math.max(instruction.gap, gapAfter(previous)))
      const first = issued + issueToBeatCycles
      if (previous === undefined || first !== last + 1)
        tell(first + beatToReadCycles, 2, `a ${first + beatToReadCycles}`)
      last = first + positions(state, instruction) * instruction.beats - 1
      tell(first, 0, `f ${first}`)
      tell(last, 1, `l ${last}`)
      for (const write of writes(state, instruction, first))
        tell(write.cycle, write.bank, `w ${write.cycle} ${write.bank} ${write.text}`)
      if (instruction.logits === 1) {
        for (let k = 0; k < drainGroups(machine); k++)
          tell(last + beatToLogitsCycles + k, 1000, `s ${last + beatToLogitsCycles + k}`)
      }
      cycles = Math.max(cycles, last + computeRetireCycles(machine, instruction) + 1)
      previous = instruction
      offered = issued
    }
    offered += 1
  }
  const ordered = events.toSorted((a, b) => a.cycle - b.cycle || a.order - b.order).map(({ text }) => text)
  return { events: ordered, memories: memories(state), cycles, overflows }

  function tell(cycle: number, order: number, text: string): void {
    events.push({ cycle, order: text.startsWith('w') ? 10 + order : order, text })
  }
}

const positions = ({ layer }: MachineState, compute: InstructionOf<'COMPUTE'>): number =>
  compute.rows * layer!.patchWidth

interface Write {
  readonly cycle: number
  readonly bank: number
  /** address and data */
  readonly text: string
}

/** Every word that a COMPUTE writes; the state is the one after it. */
function writes(state: MachineState, compute: InstructionOf<'COMPUTE'>, first: number): Write[] {
  const { machine, weights } = state
  const { clusters, banks, drainRows } = machine
  const layer = state.layer!
  const lastFlags = weights.flags[(compute.beat + compute.beats - 1) * clusters]!
  if (compute.logits === 1 || (lastFlags & 4) !== 0) return []
  const found: Write[] = []
  const count = positions(state, compute)
  for (let position = 0; position < count; position++) {
    if (compute.laneSum === 1 && position < count - 1) continue
    const row = (compute.firstRow + Math.floor(position / layer.patchWidth)) % layer.patchHeight
    const local = compute.laneSum === 1 ? 0 : row * layer.patchWidth + (position % layer.patchWidth)
    const end = first + (position + 1) * compute.beats - 1
    for (let u = 0; u < machine.rows; u++) {
      for (let plane = 0; plane <= layer.wide; plane++) {
        const bank = (Math.floor(u / clusters) + layer.startBank + (plane * banks) / 2) % banks
        const slot = Math.floor(u / (clusters * banks))
        const address = compute.output + (slot * (1 + layer.wide) + plane) * layer.planeStride + local
        const word = Array.from(
          state.feature.subarray(wordIndex(machine, u % clusters, bank, address)).subarray(0, lanes(machine)),
        )
        found.push({
          cycle: end + resultCycles(compute) + Math.floor(u / drainRows),
          bank: (u % clusters) * banks + bank,
          text: `${address} ${trimmed(word.toReversed().map((nibble) => nibble.toString(16)).join(''))}`,
        }) // prettier-ignore
      }
    }
  }
  return found
}

/** Feature memory, partial sums and logits in the bench's words. */
function memories(state: MachineState): string[] {
  const { machine, partialSums, logits } = state
  const { featureWords, drainRows } = machine
  const rowSums = lanes(machine)
  const lines = Array.from({ length: featureWords }, (_, address) => `m ${address} ${wordsHex(state, address)}`)
  for (let index = 0; index < drainGroups(machine); index++) {
    lines.push(
      `p ${index} ${integersHex(partialSums.subarray(index * drainRows * rowSums, (index + 1) * drainRows * rowSums))}`,
    )
  }
  for (let address = 0; address < Math.floor(logitsWords / drainRows); address++) {
    const word = logits.subarray(address * drainRows, (address + 1) * drainRows)
    if (word.some((each) => each !== 0)) lines.push(`g ${address} ${integersHex(word)}`)
  }
  return lines
}

/** The words of all banks at an address, cluster 0's bank 0 lowest. */
function wordsHex({ machine, feature }: MachineState, address: number): string {
  let digits = ''
  for (let cluster = machine.clusters - 1; cluster >= 0; cluster--) {
    for (let bank = machine.banks - 1; bank >= 0; bank--) {
      const first = wordIndex(machine, cluster, bank, address)
      for (let lane = lanes(machine) - 1; lane >= 0; lane--) digits += feature[first + lane]!.toString(16)
    }
  }
  return trimmed(digits)
}

const integersHex = (values: Int32Array): string =>
  trimmed(Array.from(values.toReversed(), (value) => (value >>> 0).toString(16).padStart(8, '0')).join(''))

const bytesHex = (bytes: Uint8Array): string => trimmed(Buffer.from(bytes.toReversed()).toString('hex'))

const trimmed = (hex: string): string => hex.replace(/^0+(?=.)/, '')
