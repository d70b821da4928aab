// Random programs for the compute path: memories, LAYERs, COMPUTEs and bank operations that keep the contract and have no hazard, from one seed.
import type { Geometry } from '../../isa/model/formats.ts'
import { logitsWords } from '../../isa/model/formats.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { lanes, slotChannels } from '../../isa/model/machine.ts'
import { random } from '../../base/random.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import { createState } from '../../isa/semantics/state.ts'
import type { MachineState } from '../../isa/semantics/state.ts'
import {
  bankBeatToReadCycles,
  bankBeatToWriteCycles,
  beatToLaneSumWriteCycles,
  beatToReadCycles,
  drainGroups,
} from '../../isa/timing.ts'
import { packFlags } from '../../isa/weights/beats.ts'
import { randomBankOp } from './random-bank-op.ts'

/** An instruction, offered so many cycles after the one before was taken. */
export interface OfferedInstruction {
  readonly instruction: InstructionOf<'LAYER' | 'COLUMNS' | 'COMPUTE'> | BankOperation
  readonly delay: number
}

/** Words of all banks from DMA ([C × B × P] nibbles), so many cycles after the load before, the first after the last instruction was taken. */
export interface DmaWrite {
  readonly address: number
  readonly words: Uint8Array
  readonly delay: number
}

export interface RandomProgram {
  readonly state: MachineState
  readonly steps: readonly OfferedInstruction[]
  readonly loads?: readonly DmaWrite[]
}

export type Draw = (low: number, high: number) => number
interface Patch {
  readonly height: number
  readonly width: number
}

/** Words at the end of the feature memory that only DMA writes. */
const loadedWords = 32

/** A program of one to five COMPUTEs and bank operations in two layers. @param bankOpsOfTen of ten instructions, those that are bank operations */
export function randomProgram(machine: Machine, seed: number, bankOpsOfTen = 3): RandomProgram {
  const uniform = random(seed)
  const draw: Draw = (low, high) => low + Math.floor(uniform() * (high - low + 1))
  const state = createState(machine)
  for (let i = 0; i < state.feature.length; i++) state.feature[i] = draw(0, 15)
  for (let i = 0; i < 4 * machine.rows; i++) {
    state.parameters.bias[i] = draw(0, 9) === 0 ? draw(-(2 ** 31), 2 ** 31 - 1) : draw(-30000, 30000)
    const even = draw(0, 1)
    state.parameters.multiplier[i] = even === 1 && draw(0, 3) > 0 ? draw(-3, 3) * 2 ** draw(0, 13) : draw(-32768, 32767)
    state.parameters.shift[i] = even === 1 ? 15 * draw(1, 2) : draw(0, 3) === 0 ? draw(0, 47) : draw(8, 24)
    state.parameters.even[i] = even
  }

  // Feature memory in thirds: a layer reads one, and writes others.
  const third = Math.floor((machine.featureWords - loadedWords) / 3)
  const patches: Patch[] = []
  const sources = [draw(0, 2), draw(0, 2)] as const
  for (const block of [0, 1] as const) {
    const patch = { height: draw(1, 5), width: draw(1, 5) }
    patches.push(patch)
    const table = state.tables[block]
    table.tapBits = draw(0, 6)
    for (let g = 0; g < 4; g++) table.geometries[g] = randomGeometry(draw, patch, table.tapBits, third)
    for (let s = 0; s < 128; s++) {
      const geometry = draw(0, 3)
      const { height, pitch } = table.geometries[geometry]!
      const base = sources[block] * third + draw(0, third - height * pitch)
      table.slots[s] = { base, geometry, signed: draw(0, 1), fill: draw(0, 15) }
    }
  }

  const steps: OfferedInstruction[] = []
  // Thirds whose writes may be outstanding when the next instruction reads.
  const recent = new Set<number>()
  let block: 0 | 1 = 0
  let layer: InstructionOf<'LAYER'> | undefined
  let beat = draw(0, 5)
  let before: OfferedInstruction['instruction']['op'] | undefined
  const count = draw(1, 5)
  for (let i = 0; i < count; i++) {
    if (layer === undefined || draw(0, 2) === 0) {
      block = draw(0, 1) === 0 ? 0 : 1
      layer = randomLayer(draw, machine, patches[block]!, block)
      steps.push({ instruction: layer, delay: delay(draw) })
    }
    if (draw(0, 2) === 0) steps.push({ instruction: randomColumns(draw, layer), delay: delay(draw) })
    const isBankOp = draw(1, 10) <= bankOpsOfTen
    const op = isBankOp ? (['MOVE', 'REPATCH', 'POOL'] as const)[draw(0, 2)]! : 'COMPUTE'
    const readToWriteCycles = isBankOp
      ? bankBeatToWriteCycles - bankBeatToReadCycles
      : beatToLaneSumWriteCycles - beatToReadCycles + drainGroups(machine) - 1
    // A different unit starts once everything is written.
    if (op !== before) recent.clear()
    before = op
    const waits = recent.has(sources[block])
    if (waits) recent.clear()
    const target = (sources[block] + draw(1, 2)) % 3
    recent.add(target)
    const gap = waits ? readToWriteCycles + draw(0, 4) : draw(0, 1) * draw(0, draw(0, 5) === 0 ? 60 : 7)
    if (op !== 'COMPUTE') {
      const areas = { source: sources[block] * third, output: target * third, words: third }
      const geometries = state.tables[block].geometries
      steps.push({ instruction: randomBankOp(draw, op, layer, geometries, areas, gap), delay: delay(draw) })
      continue
    }
    const stream = randomBeats(draw, state, beat, state.tables[block].tapBits)
    const laneSum = stream.keepsLast ? 0 : draw(0, 2) === 0 ? 1 : 0
    const logits = laneSum * draw(0, 1)
    const extent = (machine.rows / (machine.clusters * machine.banks)) * (1 + layer.wide) * layer.planeStride
    steps.push({
      instruction: {
        op, wait: 0, signal: draw(0, 0xffff), beat, beats: stream.beats, group: draw(0, 3),
        output: logits === 1 ? machine.drainRows * draw(0, draw(0, 7) === 0 ? (logitsWords - machine.rows) / machine.drainRows : 40)
          : target * third + draw(0, third - extent),
        gap, firstRow: draw(0, layer.patchHeight - 1), rows: draw(1, layer.patchHeight), laneSum, accumulate: draw(0, 3) === 0 ? 1 : 0, logits,
      },
      delay: delay(draw),
    }) // prettier-ignore
    beat += stream.beats
  }
  const loads = Array.from({ length: loadedWords }, (_, i) => ({
    address: machine.featureWords - loadedWords + i,
    words: Uint8Array.from({ length: slotChannels(machine) * lanes(machine) }, () => draw(0, 15)),
    delay: draw(1, 3),
  }))
  return { state, steps, loads }
}

const delay = (draw: Draw): number => (draw(0, 3) === 0 ? draw(1, 50) : 0)

function randomLayer(draw: Draw, machine: Machine, patch: Patch, block: 0 | 1): InstructionOf<'LAYER'> {
  const wide = draw(0, 1)
  const signed = draw(0, 1)
  const top = (wide === 1 ? 256 : 16) / (1 + signed)
  const low = signed === 1 ? -draw(1, top) : draw(0, 2)
  return {
    op: 'LAYER', wait: 0, signal: draw(0, 0xffff), block, patchHeight: patch.height, patchWidth: patch.width,
    planeStride: patch.height * patch.width + draw(0, 3), wide, startBank: draw(0, machine.banks - 1),
    zeroPoint: draw(-256, 255), low, high: draw(Math.max(low, top >> 1), top - 1),
    validHeight: draw(1, machine.gridHeight * patch.height), validWidth: draw(1, machine.gridWidth * patch.width),
  } // prettier-ignore
}

const randomColumns = (draw: Draw, { patchWidth }: InstructionOf<'LAYER'>): InstructionOf<'COLUMNS'> => ({
  op: 'COLUMNS', wait: 0, signal: draw(0, 0xffff), firstColumn: draw(0, patchWidth - 1), columns: draw(1, patchWidth),
}) // prettier-ignore

/** Taps reach at most one lane away. */
function randomGeometry(draw: Draw, patch: Patch, tapBits: number, words: number): Geometry {
  const columnBits = draw(Math.max(0, tapBits - 3), 3)
  const rows = axis(draw, patch.height, 2 ** Math.max(0, tapBits - columnBits), 12)
  const columns = axis(
    draw,
    patch.width,
    2 ** Math.min(columnBits, tapBits),
    Math.min(12, Math.floor(words / rows.extent)),
  )
  return {
    pitch: columns.extent, height: rows.extent, strideY: rows.stride, strideX: columns.stride, offsetY: rows.offset, offsetX: columns.offset,
    dilationY: rows.dilation, dilationX: columns.dilation, columnBits, validHeight: draw(1, 3 * rows.extent),
    validWidth: draw(1, 3 * columns.extent), planeStride: draw(0, 40),
  } // prettier-ignore
}

function axis(
  draw: Draw,
  positions: number,
  taps: number,
  most: number,
): { extent: number; stride: number; offset: number; dilation: number } {
  const stride = draw(1, Math.min(3, Math.floor(most / positions)))
  const extent = Math.min(most, stride * positions + draw(0, 2))
  const offset = -draw(0, Math.min(extent, 4)) + draw(0, 1)
  const reach = 2 * extent - 1 - stride * (positions - 1) - offset
  const dilation = taps === 1 ? draw(0, 15) : draw(0, Math.min(15, Math.floor(reach / (taps - 1))))
  return { extent, stride, offset, dilation }
}

/** Beats of one to three parts, written into the weight memory. */
function randomBeats(
  draw: Draw,
  state: MachineState,
  first: number,
  tapBits: number,
): { beats: number; keepsLast: boolean } {
  const { machine, weights } = state
  const least = drainGroups(machine)
  const parts = draw(1, 3)
  const keepsLast = draw(0, 5) === 0
  const slotsPerPage = 2 ** (8 - tapBits)
  const pages = Math.min(8, Math.max(1, 128 / slotsPerPage))
  const density = draw(1, 10)
  // Few shifts with packed pairs, whose accumulators overflow sooner.
  const shiftEvery = machine.packedPairs ? 11 : 3
  let beat = first
  for (let part = 0; part < parts; part++) {
    const length = least + draw(0, 1) * draw(0, 6)
    for (let i = 0; i < length; i++, beat++) {
      const end = i === length - 1 ? 1 : 0
      const keep = end === 1 && (part < parts - 1 || keepsLast) ? 1 : 0
      for (let cluster = 0; cluster < machine.clusters; cluster++) {
        const at = beat * machine.clusters + cluster
        for (let bank = 0; bank < machine.banks; bank++)
          weights.ids[at * machine.banks + bank] = draw(0, tapBits === 0 ? 127 : 255)
        for (let row = 0; row < machine.rows; row++) {
          weights.values[at * machine.rows + row] = draw(1, 10) <= density ? draw(-8, 7) : 0
          weights.selects[at * machine.rows + row] = draw(0, machine.banks - 1)
        }
        weights.flags[at] = packFlags({ shift: draw(0, shiftEvery) === 0 ? 1 : 0, end, keep, page: draw(0, pages - 1) })
      }
    }
  }
  return { beats: beat - first, keepsLast }
}
