// The post stage: bias, requantiser, zero point, clamp; and where a row's codes are written.
import type { RowParameters } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { lanes } from '../model/machine.ts'
import { nibbleOf, requantise } from '../numerics.ts'
import type { Execution } from './execution.ts'
import { parameterAt, wordIndex } from './state.ts'
import { bankOfChannel } from './transfers.ts'

/** code = clamp(round((sum + bias)·m ÷ 2^s) + zeroPoint, low, high); sum + bias modulo 2^32, halves according to the row's `even`. */
export function requantised(
  sum: number,
  row: RowParameters,
  layer: Pick<InstructionOf<'LAYER'>, 'zeroPoint' | 'low' | 'high'>,
): number {
  return requantise(sum, row.bias, row.multiplier, row.shift, layer.zeroPoint, layer.low, layer.high, row.even)
}

/** The parameters of a row of a group. */
export function parametersOf(execution: Execution, group: number, row: number): RowParameters {
  const { machine, parameters } = execution.state
  return parameterAt(parameters, group * machine.rows + row)
}

export interface PlanePlace {
  readonly cluster: number
  readonly bank: number
  /** address at local position 0 */
  readonly address: number
}

/** Where each plane of row u of a group is written. */
export function rowPlanes(
  machine: Machine,
  layer: Pick<InstructionOf<'LAYER'>, 'wide' | 'startBank' | 'planeStride'>,
  output: number,
  row: number,
): readonly PlanePlace[] {
  const planes = 1 + layer.wide
  const slot = Math.floor(Math.floor(row / machine.clusters) / machine.banks)
  return Array.from({ length: planes }, (_, plane) => ({
    ...bankOfChannel(machine, row, plane, layer.startBank),
    address: output + (slot * planes + plane) * layer.planeStride,
  }))
}

/** Writes the codes of one word (P of them from `at`) to a row's planes at a local position. */
export function writeCodes(
  execution: Execution,
  planes: readonly PlanePlace[],
  local: number,
  codes: Int32Array,
  at: number,
): void {
  const { machine, feature } = execution.state
  const p = lanes(machine)
  for (let plane = 0; plane < planes.length; plane++) {
    const { cluster, bank, address } = planes[plane]!
    const word = wordIndex(machine, cluster, bank, address + local)
    for (let lane = 0; lane < p; lane++) feature[word + lane] = nibbleOf(codes[at + lane]!, plane)
  }
}
