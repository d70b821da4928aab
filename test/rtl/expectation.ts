// The expected events and memories of a program on the compute path's bench, from semantics, timing and the simulator's compute queue.
import type { InstructionOf } from '../../isa/instruction.ts'
import { lanes, slotChannels } from '../../isa/model/machine.ts'
import { execute, executionOf } from '../../isa/semantics/execute.ts'
import type { Overflow } from '../../isa/semantics/execution.ts'
import { bankOperationReads } from '../../isa/semantics/bank-operations.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import type { ColumnRange } from '../../isa/semantics/taps.ts'
import { wordIndex } from '../../isa/semantics/state.ts'
import { bankBeatToReadCycles, bankBeatToWriteCycles, beatToLogitsCycles, beatToReadCycles, drainGroups, resultCycles, tapBeat, wordBeats, writeCycle } from '../../isa/timing.ts' // prettier-ignore
import { AxiWrite } from '../../simulator/dlp_axi_write.ts'
import { ComputeUnit } from '../../simulator/dlp_compute.ts'
import { StoreUnit } from '../../simulator/dlp_store.ts'
import { newRecord } from '../../simulator/record.ts'
import type { InstructionRecord } from '../../simulator/record.ts'
import { memories, nibblesHex } from './compute-bench.ts'
import type { ComputeTrace } from './compute-bench.ts'
import type { RandomProgram } from './random-program.ts'

export interface Expectation extends ComputeTrace {
  /** cycles until the last word is written */
  readonly cycles: number
  /** a sum exceeded its accumulator: outside the contract of packed machines */
  readonly overflows: boolean
}

/** An event of a cycle; events of a cycle are printed by rising order. */
interface Event {
  readonly cycle: number
  readonly order: number
  readonly text: string
}

/** Changes the program's state. */
export function expectation({ state, steps, loads = [] }: RandomProgram): Expectation {
  const { machine } = state
  const queue = new ComputeUnit(machine, new StoreUnit(machine, new AxiWrite(machine)))
  const events: Event[] = []
  let overflows = false
  let cycle = 0
  let cycles = 0
  let computing = -1
  for (const [index, { instruction, delay }] of steps.entries()) {
    cycle += delay
    while (queue.refusal(instruction, cycle) !== undefined) cycle++
    const record = newRecord(index)
    queue.issue({ instruction, record }, cycle++, () => {})
    execute(state, instruction, { overflow: ({ kind }: Overflow) => (overflows ||= kind === 'cluster') })
    const layerRetires = instruction.op === 'LAYER' || instruction.op === 'COLUMNS'
    events.push(event(record.retire, layerRetires ? 1001 : 1002, layerRetires ? 'u' : 't', index, instruction.signal))
    cycles = Math.max(cycles, record.retire + 1)
    if (instruction.op === 'LAYER' || instruction.op === 'COLUMNS') continue
    const [first, last] = instruction.op === 'COMPUTE' ? ['f', 'l'] : ['F', 'L']
    events.push(event(record.first, 0, first), event(record.last, 1, last))
    if (instruction.op === 'COMPUTE') {
      if (record.first !== computing + 1) events.push(event(record.first + beatToReadCycles, 4, 'a'))
      computing = record.last
      events.push(...computeWrites(state, instruction, record))
    } else {
      events.push(...bankReads(state, instruction, record), ...bankWrites(state, instruction, record))
    }
  }
  for (const { address, words, delay } of loads) {
    cycle += delay + 1
    for (let bank = 0; bank < slotChannels(machine); bank++) {
      const at = wordIndex(machine, Math.floor(bank / machine.banks), bank % machine.banks, address)
      state.feature.set(words.subarray(bank * lanes(machine), (bank + 1) * lanes(machine)), at)
    }
  }
  const ordered = events.toSorted((a, b) => a.cycle - b.cycle || a.order - b.order).map(({ text }) => text)
  // A loaded word may wait a cycle for its port.
  return { events: ordered, memories: memories(state), cycles: Math.max(cycles, cycle + 1), overflows }
}

const event = (cycle: number, order: number, name: string, ...values: readonly (number | string)[]): Event => ({
  cycle,
  order,
  text: [name, cycle, ...values].join(' '),
})

function write({ machine, feature }: MachineState, cycle: number, cluster: number, bank: number, address: number): Event {
  const at = wordIndex(machine, cluster, bank, address)
  const number = cluster * machine.banks + bank
  return event(cycle, 10 + number, 'w', number, address, nibblesHex(feature.subarray(at, at + lanes(machine))))
}

/** Every word or logit group that a COMPUTE writes; the state is the one after it. */
function computeWrites(state: MachineState, compute: InstructionOf<'COMPUTE'>, { first, last }: InstructionRecord): Event[] {
  const { machine, weights } = state
  const { clusters, banks, drainRows } = machine
  const layer = state.layer!
  if (compute.logits === 1) {
    const groups = Array.from({ length: drainGroups(machine) }, (_, k) => last + beatToLogitsCycles + k)
    return groups.map((cycle) => event(cycle, 1000, 's'))
  }
  const lastFlags = weights.flags[(compute.beat + compute.beats - 1) * clusters]!
  if ((lastFlags & 4) !== 0) return []
  const found: Event[] = []
  const range = state.columns ?? allColumns(layer)
  const count = compute.rows * range.columns
  for (let position = compute.laneSum === 1 ? count - 1 : 0; position < count; position++) {
    const local = compute.laneSum === 1 ? 0 : localOf(layer, compute, position, range)
    for (let u = 0; u < machine.rows; u++) {
      for (let plane = 0; plane <= layer.wide; plane++) {
        const bank = (Math.floor(u / clusters) + layer.startBank + (plane * banks) / 2) % banks
        const slot = Math.floor(u / (clusters * banks))
        const address = compute.output + (slot * (1 + layer.wide) + plane) * layer.planeStride + local
        const cycle =
          compute.laneSum === 1
            ? last + resultCycles(machine, compute) + Math.floor(u / drainRows)
            : writeCycle(machine, first, compute.beats, position, u)
        found.push(write(state, cycle, u % clusters, bank, address))
      }
    }
  }
  return found
}

const allColumns = ({ patchWidth }: InstructionOf<'LAYER'>): ColumnRange => ({ firstColumn: 0, columns: patchWidth })

function localOf(
  layer: InstructionOf<'LAYER'>,
  { firstRow }: { readonly firstRow: number },
  position: number,
  { firstColumn, columns } = allColumns(layer),
): number {
  const row = (firstRow + Math.floor(position / columns)) % layer.patchHeight
  return row * layer.patchWidth + ((firstColumn + (position % columns)) % layer.patchWidth)
}

/** A word that a bank operation writes to every bank: its beats, its plane and position. */
interface Word {
  readonly begin: number
  readonly beats: number
  readonly plane: number
  readonly position: number
  readonly column: number
}

/** Slot and step, position: each word's beats follow those of the one before. */
function wordsOf({ machine, layer }: MachineState, op: BankOperation): Word[] {
  const words: Word[] = []
  let begin = 0
  for (let plane = 0; plane < op.slots * (1 + op.wide); plane++) {
    for (let position = 0; position < op.rows * layer!.patchWidth; position++) {
      const column = position % layer!.patchWidth
      const beats = wordBeats(machine, op, column)
      words.push({ begin, beats, plane, position, column })
      begin += beats
    }
  }
  return words
}

/** Every cycle in which a bank operation reads; a lane of REPATCH without a pixel reads nothing. */
function bankReads(state: MachineState, op: BankOperation, { first }: InstructionRecord): Event[] {
  const { taps } = bankOperationReads(executionOf(state, op), op)
  return wordsOf(state, op).flatMap(({ begin, position, column }) =>
    taps.flatMap(({ offset }, tap) => {
      const beat = tapBeat(op, column, tap)
      return beat === undefined || offset[position]! < 0 ? [] : [event(first + begin + beat + bankBeatToReadCycles, 5, 'b')]
    }),
  )
}

/** Every word that a bank operation writes; the state is the one after it. */
function bankWrites(state: MachineState, op: BankOperation, { first }: InstructionRecord): Event[] {
  const { machine } = state
  const layer = state.layer!
  const planes = 1 + op.wide
  const found: Event[] = []
  for (const { begin, beats, plane: number, position } of wordsOf(state, op)) {
    const cycle = first + begin + beats - 1 + bankBeatToWriteCycles
    const step = number % planes
    const slot = Math.floor(number / planes)
    const local = localOf(layer, op, position)
    for (let cluster = 0; cluster < machine.clusters; cluster++) {
      for (let bank = 0; bank < machine.banks; bank++) {
        const plane = planes === 1 ? 0 : (bank < machine.banks / 2 ? 0 : 1) ^ step
        found.push(write(state, cycle, cluster, bank, op.output + (slot * planes + plane) * layer.planeStride + local))
      }
    }
  }
  return found
}
