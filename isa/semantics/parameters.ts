// LOADW, LOADP and LOADT: bytes of the constants to weight memory, parameter memory and table blocks.
import { BitReader, readFields } from '../../base/bits.ts'
import {
  geometriesPerBlock,
  geometryBits,
  geometryFields,
  parameterBits,
  parameterFields,
  parameterProblem,
  slotBits,
  slotFields,
} from '../model/formats.ts'
import { beatBytes, groupBytes, tableBytes } from '../model/sizes.ts'
import type { InstructionOf } from '../instruction.ts'
import { fieldAboveLimit } from '../model/implementation-limits.ts'
import { limitsOf } from '../model/machine.ts'
import { DlpError } from '../../base/error.ts'
import { unpackBeats } from '../weights/beats.ts'
import type { BeatStream } from '../weights/beats.ts'
import { dramBytes } from './execution.ts'
import type { Execution } from './execution.ts'

/** LOADW; discards all decoded groups. */
export function executeLoadWeights(execution: Execution, load: InstructionOf<'LOADW'>): void {
  if (load.beats === 0) return
  const { state } = execution
  const { machine, weights } = state
  const bytes = dramBytes(execution, load, load.beats * beatBytes(machine))
  const stream = unpacked(execution, bytes, load.beats)
  weights.values.set(stream.values, load.beat * machine.clusters * machine.rows)
  weights.selects.set(stream.selects, load.beat * machine.clusters * machine.rows)
  weights.ids.set(stream.ids, load.beat * machine.clusters * machine.banks)
  weights.flags.set(stream.flags, load.beat * machine.clusters)
  state.plans.clear()
}

/** LOADP. */
export function executeLoadParameters(execution: Execution, load: InstructionOf<'LOADP'>): void {
  const { machine, parameters } = execution.state
  const size = groupBytes(machine)
  const bytes = dramBytes(execution, load, load.groups * size)
  for (let group = 0; group < load.groups; group++) {
    for (let row = 0; row < machine.rows; row++) {
      const read = readFields(bytes, group * size * 8 + row * parameterBits, parameterFields)
      const problem = parameterProblem(read)
      if (problem !== undefined)
        throw execution.fault(`row ${row} of group ${load.group + group} ${problem.what}`, problem.allowed)
      const at = (load.group + group) * machine.rows + row
      parameters.bias[at] = read.bias
      parameters.multiplier[at] = read.multiplier
      parameters.shift[at] = read.shift
      parameters.even[at] = read.even
    }
  }
}

/** LOADT: the slots after the loaded ones keep their values. */
export function executeLoadTable(execution: Execution, load: InstructionOf<'LOADT'>): void {
  const { machine, tables } = execution.state
  const table = tables[load.block === 0 ? 0 : 1]
  const reader = new BitReader(dramBytes(execution, load, tableBytes(machine, load.slots)))
  for (let i = 0; i < geometriesPerBlock; i++) {
    table.geometries[i] = readFields(reader.bytes, reader.position, geometryFields)
    reader.position += geometryBits
  }
  const { geometries, fieldBits } = limitsOf(machine)
  for (let i = 0; i < load.slots; i++) {
    table.slots[i] = readFields(reader.bytes, reader.position, slotFields)
    reader.position += slotBits
  }
  const wide =
    table.geometries
      .slice(0, geometries)
      .flatMap((each) => fieldAboveLimit(geometryFields, each, fieldBits) ?? [])[0] ??
    table.slots.slice(0, load.slots).flatMap((each) => fieldAboveLimit(slotFields, each, fieldBits) ?? [])[0]
  if (wide !== undefined)
    throw execution.fault(`field ${wide} of the table`, `at most ${2 ** (fieldBits[wide] ?? 0) - 1} on this machine`)
  table.tapBits = load.tapBits
}

function unpacked(execution: Execution, bytes: Uint8Array, beats: number): BeatStream {
  try {
    return unpackBeats(bytes, beats, execution.state.machine, 'loaded')
  } catch (error) {
    if (error instanceof DlpError)
      throw execution.fault(`${error.complaint.where}: ${error.complaint.what}`, error.complaint.allowed ?? '')
    throw error
  }
}
