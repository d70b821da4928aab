// Random states and COMPUTEs on any machine that keep the contract, from one seed.
import type { Geometry } from '../../../isa/model/formats.ts'
import type { InstructionOf } from '../../../isa/instruction.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import { createState } from '../../../isa/semantics/state.ts'
import type { MachineState } from '../../../isa/semantics/state.ts'
import { flag, packFlags } from '../../../isa/weights/beats.ts'

export interface RandomPass {
  readonly state: MachineState
  readonly compute: InstructionOf<'COMPUTE'>
}

export type DrawInteger = (low: number, high: number) => number

export function drawing(seed: number): DrawInteger {
  const uniform = random(seed)
  return (low, high) => low + Math.floor(uniform() * (high - low + 1))
}

/** Random memories, a layer, tables and one COMPUTE of up to three parts. Calls with one seed give equal, separate states. */
export function randomPass(machine: Machine, seed: number, density = 0.4): RandomPass {
  const draw = drawing(seed)
  const state = createState(machine)
  for (let i = 0; i < state.feature.length; i++) state.feature[i] = draw(0, 15)
  for (let i = 0; i < state.partialSums.length; i++) state.partialSums[i] = draw(-1000, 1000)
  const { parameters } = state
  for (let i = 0; i < 4 * machine.rows; i++) {
    parameters.bias[i] = draw(-3000, 3000)
    const even = draw(0, 1)
    parameters.multiplier[i] = even === 1 ? draw(-3, 3) * 2 ** draw(5, 13) : draw(-32768, 32767)
    parameters.shift[i] = even === 1 ? 15 * draw(1, 2) : draw(0, 20)
    parameters.even[i] = even
  }
  const wide = draw(0, 1)
  const patchHeight = draw(1, 4)
  const patchWidth = draw(1, 4)
  const signed = draw(0, 1)
  const top = (wide === 1 ? 256 : 16) / (1 + signed)
  state.layer = {
    op: 'LAYER',
    wait: 0,
    signal: 0,
    block: draw(0, 1),
    patchHeight,
    patchWidth,
    planeStride: patchHeight * patchWidth,
    wide,
    startBank: draw(0, machine.banks - 1),
    zeroPoint: draw(-20, 20),
    low: signed === 1 ? -top : 0,
    high: top - 1,
    validHeight: draw(1, machine.gridHeight * patchHeight),
    validWidth: draw(1, machine.gridWidth * patchWidth),
  }
  if (draw(0, 1) === 1)
    state.columns = {
      op: 'COLUMNS',
      wait: 0,
      signal: 0,
      firstColumn: draw(0, patchWidth - 1),
      columns: draw(1, patchWidth),
    }
  const table = state.tables[state.layer.block === 0 ? 0 : 1]
  table.tapBits = draw(2, 3)
  for (let g = 0; g < 4; g++) table.geometries[g] = randomGeometry(draw, patchHeight, patchWidth, table.tapBits)
  for (let s = 0; s < 128; s++) {
    table.slots[s] = {
      base: draw(0, machine.featureWords - 200),
      geometry: draw(0, 3),
      signed: draw(0, 1),
      fill: draw(0, 15),
    }
  }
  const parts = draw(1, 3)
  const keepsLast = draw(0, 5) === 0
  const first = draw(0, 5)
  let beat = first
  for (let part = 0; part < parts; part++) {
    const length = machine.rows / machine.drainRows + draw(0, 6)
    for (let i = 0; i < length; i++, beat++)
      randomBeat(draw, state, beat, density, i === length - 1, part < parts - 1 || keepsLast)
  }
  const laneSum = keepsLast ? 0 : Math.max(0, draw(-1, 1))
  const rows = draw(1, patchHeight)
  return {
    state,
    compute: {
      op: 'COMPUTE',
      wait: 0,
      signal: 0,
      beat: first,
      beats: beat - first,
      group: draw(0, 3),
      output: machine.drainRows * draw(0, 50),
      gap: 0,
      firstRow: draw(0, patchHeight - 1),
      rows,
      laneSum,
      accumulate: draw(0, 1),
      logits: laneSum * draw(0, 1),
    },
  }
}

/** Taps stay within one lane: offsets and dilations fit the source patch. */
function randomGeometry(draw: DrawInteger, patchHeight: number, patchWidth: number, tapBits: number): Geometry {
  const strideY = draw(1, 2)
  const strideX = draw(1, 2)
  const height = strideY * patchHeight + draw(0, 1)
  const pitch = strideX * patchWidth + draw(0, 1)
  const columnBits = draw(1, 2)
  const tapRows = 2 ** (tapBits - columnBits)
  return {
    pitch,
    height,
    strideY,
    strideX,
    offsetY: -draw(0, Math.min(1, height)),
    offsetX: -draw(0, Math.min(1, pitch)),
    dilationY: height >= tapRows ? 1 : 0,
    dilationX: pitch >= 2 ** columnBits ? 1 : 0,
    columnBits,
    validHeight: draw(1, 2 * height),
    validWidth: draw(1, 2 * pitch),
    planeStride: height * pitch,
  }
}

function randomBeat(
  draw: DrawInteger,
  state: MachineState,
  beat: number,
  density: number,
  end: boolean,
  keep: boolean,
): void {
  const { machine, weights } = state
  for (let cluster = 0; cluster < machine.clusters; cluster++) {
    const at = beat * machine.clusters + cluster
    for (let bank = 0; bank < machine.banks; bank++) weights.ids[at * machine.banks + bank] = draw(0, 127)
    for (let row = 0; row < machine.rows; row++) {
      weights.values[at * machine.rows + row] = draw(0, 99) < density * 100 ? draw(-8, 7) : 0
      weights.selects[at * machine.rows + row] = draw(0, machine.banks - 1)
    }
    weights.flags[at] =
      packFlags({ shift: draw(0, 3) === 0 ? 1 : 0, end: 0, keep: 0, page: draw(0, 1) }) |
      (end ? flag.end : 0) |
      (end && keep ? flag.keep : 0)
  }
}
