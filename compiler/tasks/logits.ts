// Chunks of the logits: they are stored in two chunks if that ends sooner, the first while the last row groups still compute.
import type { LogitsLayer } from '../graph/integer.ts'
import { logitBytes } from '../layout/dram.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { logitsBeatCycles, storeLogitsIssueToRequestCycles, storeReadToBeatCycles } from '../../isa/timing.ts'

/** Logits that are stored together, and the row group after which all of them are computed. */
export interface LogitsChunk {
  readonly after: number
  readonly first: number
  readonly count: number
}

/**
 * The chunks in which a layer's logits are stored.
 * @param groupCycles [row groups] cycles of each one's COMPUTE
 * @param mayCut whether there may be two chunks
 */
export function cutLogits(
  machine: Machine,
  layer: Pick<LogitsLayer, 'bias'>,
  groupCycles: readonly number[],
  mayCut = true,
): LogitsChunk[] {
  const count = layer.bias.length
  const last = groupCycles.length - 1
  const groups = mayCut ? firstChunk(machine, count, groupCycles) : 0
  if (groups === 0) return [{ after: last, first: 0, count }]
  const cut = groups * machine.rows
  return [
    { after: groups - 1, first: 0, count: cut },
    { after: last, first: cut, count: count - cut },
  ]
}

/** The number of row groups whose logits make the first of two chunks; 0 if one chunk is best. */
function firstChunk(machine: Machine, count: number, groupCycles: readonly number[]): number {
  const total = groupCycles.reduce((sum, cycles) => sum + cycles, 0)
  let best = { groups: 0, end: total + storeCycles(machine, count) }
  let computed = 0
  for (const [group, cycles] of groupCycles.slice(0, -1).entries()) {
    computed += cycles
    const groups = group + 1
    const logits = groups * machine.rows
    // A chunk begins at a whole address unit.
    if ((logits * logitBytes) % addressUnitBytes !== 0) continue
    const stored = computed + storeCycles(machine, logits)
    const end = Math.max(total, stored) + storeCycles(machine, count - logits)
    if (end < best.end) best = { groups, end }
  }
  return best.groups
}

/** Cycles of a STOREL from its issue to its response, without the cycles of its bursts' addresses. */
function storeCycles(machine: Machine, logits: number): number {
  const beats = Math.ceil((logits * logitBytes * 8) / machine.axiBits)
  const first = storeLogitsIssueToRequestCycles + storeReadToBeatCycles
  return first + beats * logitsBeatCycles(machine) + machine.dramLatencyCycles
}
