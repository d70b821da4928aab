// The compute path in Verilator: builds of its bench, scripts for it and its answers.
import { fieldsBits, packFields } from '../../base/bits.ts'
import { packInstruction } from '../../isa/codec.ts'
import { geometryFields, logitsWords, parameterFields, slotFields } from '../../isa/model/formats.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { lanes, slotChannels } from '../../isa/model/machine.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import { parameterAt, wordIndex } from '../../isa/semantics/state.ts'
import { drainGroups } from '../../isa/timing.ts'
import { packBeats } from '../../isa/weights/beats.ts'
import { buildBench, run } from './verilator.ts'
import type { RandomProgram } from './random-program.ts'

const parameterUsedBits = BigInt(fieldsBits(parameterFields))

/** The outcome of a program: events in cycles (see compute_bench.cpp), then memories. */
export interface ComputeTrace {
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

/** Runs scripts one after the other in one process: memories that a script does not load keep their contents. */
export function runBench(program: string, scripts: readonly string[]): ComputeTrace[] {
  const blocks = run(program, [], scripts.join('')).split('.\n').slice(0, -1)
  return blocks.map((block) => {
    const lines = block.split('\n').filter((line) => line !== '')
    const isMemory = (line: string): boolean => 'mpg'.includes(line[0] ?? '')
    return { events: lines.filter((line) => !isMemory(line)), memories: lines.filter(isMemory) }
  })
}

/** The bench's commands for a program: all memories, its instructions, and as many cycles as they take. */
export function script({ state, steps, loads = [] }: RandomProgram, cycles: number): string {
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
      value = (value << parameterUsedBits) | packFields(parameterFields, parameterAt(parameters, at))
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
    lines.push(`i 7 ${packInstruction(instruction).toString(16)} ${delay}`)
  }
  for (const { address, words, delay } of loads) {
    lines.push(`k ${delay}`, `1 ${address} ${nibblesHex(words)}`)
  }
  lines.push(`e ${cycles}`)
  return lines.map((line) => `${line}\n`).join('')
}

/** Feature memory, partial sums and logits in the bench's words. */
export function memories(state: MachineState): string[] {
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

/** The words of all banks at an address. */
const wordsHex = (state: MachineState, address: number): string => nibblesHex(wordsAt(state, address))

/** The words of all banks at an address, cluster 0's bank 0 first. */
function wordsAt({ machine, feature }: MachineState, address: number): Uint8Array {
  const p = lanes(machine)
  const words = new Uint8Array(slotChannels(machine) * p)
  for (let bank = 0; bank < slotChannels(machine); bank++) {
    const first = wordIndex(machine, Math.floor(bank / machine.banks), bank % machine.banks, address)
    words.set(feature.subarray(first, first + p), bank * p)
  }
  return words
}

/** Nibbles as the bench prints them: the first lowest. */
export const nibblesHex = (nibbles: Uint8Array): string =>
  trimmed(Array.from(nibbles.toReversed(), (nibble) => nibble.toString(16)).join(''))

const integersHex = (values: Int32Array): string =>
  trimmed(Array.from(values.toReversed(), (value) => (value >>> 0).toString(16).padStart(8, '0')).join(''))

const bytesHex = (bytes: Uint8Array): string => trimmed(Buffer.from(bytes.toReversed()).toString('hex'))

const trimmed = (hex: string): string => hex.replace(/^0+(?=.)/, '')
