// Logits on their way to DRAM: in two pieces where that ends sooner, the first while the last row groups still compute.
import type { LogitsLayer } from '../graph/integer.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/machine.ts'
import { logitsBeatCycles, storeLogitsIssueToRequestCycles, storeReadToBeatCycles } from '../../isa/timing.ts'
import { instruction } from './build.ts'
import { region } from './emission.ts'

/** A STOREL, and the row group whose COMPUTE signals that it may begin. */
export interface Store {
  readonly after: number
  readonly instruction: InstructionOf<'STOREL'>
}

const logitBytes = 4

/**
 * STOREL of every piece.
 * @param groupCycles [row groups] cycles of each one's COMPUTE
 * @param offset bytes of the output region before the logits
 * @param mayCut whether there may be two pieces
 */
export function planStores(
  machine: Machine,
  layer: LogitsLayer,
  groupCycles: readonly number[],
  offset = 0,
  mayCut = true,
): Store[] {
  const count = layer.bias.length
  const store = (first: number, end: number, after: number): Store => ({
    after,
    instruction: instruction(
      'STOREL',
      { region: region.output, address: (offset + first * logitBytes) / addressUnitBytes, first, count: end - first },
      { wait: ['logits'] },
    ),
  })
  const last = groupCycles.length - 1
  const groups = mayCut ? firstPiece(machine, count, groupCycles) : 0
  if (groups === 0) return [store(0, count, last)]
  const cut = groups * machine.rows
  return [store(0, cut, groups - 1), store(cut, count, last)]
}

/** The row groups whose logits make the first piece; 0 where one piece is best. */
function firstPiece(machine: Machine, count: number, groupCycles: readonly number[]): number {
  const total = groupCycles.reduce((sum, cycles) => sum + cycles, 0)
  let best = { groups: 0, end: total + storeCycles(machine, count) }
  let computed = 0
  for (let groups = 1; groups < groupCycles.length; groups++) {
    computed += groupCycles[groups - 1]!
    const logits = groups * machine.rows
    // A piece begins where an address can.
    if ((logits * logitBytes) % addressUnitBytes !== 0) continue
    const stored = computed + storeCycles(machine, logits)
    const end = Math.max(total, stored) + storeCycles(machine, count - logits)
    if (end < best.end) best = { groups, end }
  }
  return best.groups
}

/** Cycles of a STOREL from its issue to its response, its bursts' addresses not counted. */
function storeCycles(machine: Machine, logits: number): number {
  const beats = Math.ceil((logits * logitBytes * 8) / machine.axiBits)
  const first = storeLogitsIssueToRequestCycles + storeReadToBeatCycles
  return first + beats * logitsBeatCycles(machine) + machine.dramLatencyCycles
}
