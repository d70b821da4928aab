// Literal readings of isa/README.md: COMPUTE beat by beat, row by row and lane by lane; REPATCH channel by channel and pixel by pixel. Slow; tests compare
// the fast semantics with them.
import { defined } from '../../base/defined.ts'
import { columnIdBits } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import { lanes } from '../model/machine.ts'
import { flag, pageOf } from '../weights/beats.ts'
import { executionOf } from './execute.ts'
import type { MachineState } from './state.ts'
import { wordIndex } from './state.ts'

/** Executes a COMPUTE as isa/README.md describes it. The program must keep the contract: nothing is checked here. */
export function executeComputeLiterally(state: MachineState, compute: InstructionOf<'COMPUTE'>): void {
  const { machine, weights, partialSums, parameters, logits } = state
  const { fault } = executionOf(state, compute)
  const layer = state.layer
  if (layer === undefined) throw fault('no LAYER came before', 'a LAYER')
  const { zeroPoint, low, high, wide, startBank, planeStride } = layer
  const { clusters: C, rows: U, banks: B, accumulatorBits, gridHeight, gridWidth } = machine
  const p = lanes(machine)
  const before = state.feature.slice()
  const laneSums = new Int32Array(U)
  const wrapped = (value: bigint): bigint => BigInt.asIntN(accumulatorBits, value)

  for (let row = 0; row < compute.rows; row++) {
    const oy = (compute.firstRow + row) % layer.patchHeight
    const { firstColumn, columns } = state.columns ?? { firstColumn: 0, columns: layer.patchWidth }
    for (let column = 0; column < columns; column++) {
      const ox = (firstColumn + column) % layer.patchWidth
      const local = oy * layer.patchWidth + ox
      let accumulators = new Array<bigint>(C * U * p).fill(0n)
      let firstPart = true
      for (let beat = compute.beat; beat < compute.beat + compute.beats; beat++) {
        for (let c = 0; c < C; c++) {
          const flags = weights.flags[beat * C + c]!
          for (let u = 0; u < U; u++) {
            const entry = (beat * C + c) * U + u
            const bank = weights.selects[entry]!
            for (let lane = 0; lane < p; lane++) {
              const at = (c * U + u) * p + lane
              const held = (flags & flag.shift) === 0 ? accumulators[at]! : accumulators[at]! << 4n
              const weight = weights.values[entry]!
              const operand = weight === 0 ? 0 : nibble(state, before, beat, c, bank, oy, ox, lane)
              accumulators[at] = wrapped(held + BigInt(weight * operand))
            }
          }
        }
        const flags = weights.flags[beat * C]!
        if ((flags & flag.end) === 0) continue
        for (let u = 0; u < U; u++) {
          for (let lane = 0; lane < p; lane++) {
            let sum = 0
            for (let c = 0; c < C; c++) sum += Number(accumulators[(c * U + u) * p + lane]!)
            const at = u * p + lane
            partialSums[at] = firstPart && compute.accumulate === 0 ? sum : partialSums[at]! + sum
            if ((flags & flag.keep) !== 0) continue
            const total = partialSums[at]!
            const y = Math.floor(lane / gridWidth) * layer.patchHeight + oy
            const x = (lane % gridWidth) * layer.patchWidth + ox
            if (compute.laneSum === 0) write(u, lane, local, code(u, total))
            else if (y < layer.validHeight && x < layer.validWidth) laneSums[u]! += total
          }
        }
        firstPart = false
        accumulators = new Array<bigint>(C * U * p).fill(0n)
      }
    }
  }
  if (compute.laneSum === 0) return
  for (let u = 0; u < U; u++) {
    if (compute.logits === 1) logits[compute.output + u] = laneSums[u]! + parameters.bias[compute.group * U + u]!
    else
      for (let lane = 0; lane < gridHeight * gridWidth; lane++)
        write(u, lane, 0, lane === 0 ? code(u, laneSums[u]!) : 0)
  }

  function code(u: number, total: number): number {
    const at = compute.group * U + u
    const biased = BigInt.asIntN(32, BigInt(total) + BigInt(parameters.bias[at]!))
    const product = biased * BigInt(parameters.multiplier[at]!)
    const rounded = roundedLiterally(product, BigInt(parameters.shift[at]!), parameters.even[at] === 1)
    return Math.min(Math.max(Number(rounded) + zeroPoint, low), high)
  }

  function write(u: number, lane: number, local: number, value: number): void {
    const planes = 1 + wide
    const slot = Math.floor(Math.floor(u / C) / B)
    for (let plane = 0; plane < planes; plane++) {
      const bank = (Math.floor(u / C) + startBank + (plane * B) / 2) % B
      const address = compute.output + (slot * planes + plane) * planeStride + local
      state.feature[wordIndex(machine, u % C, bank, address) + lane] = (value >> (4 * plane)) & 15
    }
  }
}

/** product ÷ 2^shift to the nearest whole number, halves up or to even: by the floor and the remainder. */
function roundedLiterally(product: bigint, shift: bigint, even: boolean): bigint {
  const floor = product >> shift
  const twiceRest = 2n * (product - (floor << shift))
  const unit = 1n << shift
  const isUp = twiceRest > unit || (twiceRest === unit && (!even || floor % 2n !== 0n))
  return isUp ? floor + 1n : floor
}

/** The nibble that a lane receives of what a bank reads in a beat. */
function nibble(
  state: MachineState,
  feature: Uint8Array,
  beat: number,
  cluster: number,
  bank: number,
  oy: number,
  ox: number,
  lane: number,
): number {
  const { machine, weights, tables, layer } = state
  const table = tables[defined(layer).block === 0 ? 0 : 1]
  const at = beat * machine.clusters + cluster
  const id = weights.ids[at * machine.banks + bank]!
  const slot = table.slots[pageOf(weights.flags[at]!) * 2 ** (columnIdBits - table.tapBits) + (id >> table.tapBits)]!
  const tap = id % 2 ** table.tapBits
  const g = table.geometries[slot.geometry]!
  let y = g.strideY * oy + g.dilationY * (tap >> g.columnBits) + g.offsetY
  let x = g.strideX * ox + g.dilationX * (tap % 2 ** g.columnBits) + g.offsetX
  let sourceRow = Math.floor(lane / machine.gridWidth)
  let sourceColumn = lane % machine.gridWidth
  if (y < 0) {
    y += g.height
    sourceRow--
  } else if (y >= g.height) {
    y -= g.height
    sourceRow++
  }
  if (x < 0) {
    x += g.pitch
    sourceColumn--
  } else if (x >= g.pitch) {
    x -= g.pitch
    sourceColumn++
  }
  const exists =
    sourceRow >= 0 && sourceRow < machine.gridHeight && sourceColumn >= 0 && sourceColumn < machine.gridWidth
  const valid = exists && sourceRow * g.height + y < g.validHeight && sourceColumn * g.pitch + x < g.validWidth
  const word = wordIndex(machine, cluster, bank, slot.base + y * g.pitch + x)
  const value = valid ? feature[word + sourceRow * machine.gridWidth + sourceColumn]! : slot.fill
  return slot.signed === 1 && value >= 8 ? value - 16 : value
}

/** Executes a REPATCH as isa/README.md describes it. The program must keep the contract: nothing is checked here. */
export function executeRepatchLiterally(state: MachineState, repatch: InstructionOf<'REPATCH'>): void {
  const { machine, layer, tables } = state
  if (layer === undefined) throw executionOf(state, repatch).fault('no LAYER came before', 'a LAYER')
  const { clusters, banks, gridHeight, gridWidth } = machine
  const geometry = tables[layer.block === 0 ? 0 : 1].geometries[repatch.geometry]!
  const planes = 1 + repatch.wide
  const before = state.feature.slice()

  for (let cluster = 0; cluster < clusters; cluster++)
    for (let bank = 0; bank < banks; bank++)
      for (let slot = 0; slot < repatch.slots; slot++)
        for (let row = 0; row < repatch.rows; row++)
          for (let ox = 0; ox < layer.patchWidth; ox++)
            for (let gy = 0; gy < gridHeight; gy++)
              for (let gx = 0; gx < gridWidth; gx++)
                for (let plane = 0; plane < planes; plane++) {
                  const oy = (repatch.firstRow + row) % layer.patchHeight
                  const nibble = pixel(gy * layer.patchHeight + oy, gx * layer.patchWidth + ox, {
                    cluster,
                    bank,
                    slot,
                    plane,
                  })
                  const local = oy * layer.patchWidth + ox
                  const address = repatch.output + (slot * planes + plane) * layer.planeStride + local
                  state.feature[wordIndex(machine, cluster, bankOf(bank, plane), address) + gy * gridWidth + gx] =
                    nibble
                }

  function pixel(outputY: number, outputX: number, { cluster, bank, slot, plane }: PlaneOfChannel): number {
    const y = geometry.strideY * outputY + geometry.offsetY
    const x = geometry.strideX * outputX + geometry.offsetX
    const [laneY, laneX] = [Math.floor(y / geometry.height), Math.floor(x / geometry.pitch)]
    const valid = y >= 0 && y < geometry.validHeight && x >= 0 && x < geometry.validWidth
    if (!valid || !(laneY < gridHeight) || !(laneX < gridWidth)) return (repatch.fill >> (4 * plane)) & 15
    const local = (y - laneY * geometry.height) * geometry.pitch + x - laneX * geometry.pitch
    const address = repatch.source + (slot * planes + plane) * geometry.planeStride + local
    return before[wordIndex(machine, cluster, bankOf(bank, plane), address) + laneY * gridWidth + laneX]!
  }

  /** Bank of a plane of the channel whose plane 0 lies in a bank. */
  function bankOf(bank: number, plane: number): number {
    return (bank + (plane * banks) / 2) % banks
  }
}

interface PlaneOfChannel {
  readonly cluster: number
  readonly bank: number
  readonly slot: number
  readonly plane: number
}
