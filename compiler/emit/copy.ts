// Copies: one MOVE, one for every source row that goes to another place, or one REPATCH.
import type { CopyLayer } from '../graph/integer.ts'
import { bankBeatToWriteCycles } from '../../isa/timing.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { instruction, link } from './build.ts'
import { planCopy } from './copy-plan.ts'
import type { Draft, Turn } from './emission.ts'
import { loadInput } from './input.ts'
import { emitLayer, emitTable, freesTable } from './tables.ts'

/** Emits a layer; the first of all loads the whole input before. */
export function emitCopy(draft: Draft, layer: CopyLayer, turn: Turn): void {
  const { emission, infer, gaps } = draft
  const source = emission.maps.get(layer.source)!
  const output = emission.maps.get(layer.output.name)!
  if (turn.number === 0) infer.push(loadInput(emission, 0))
  const plan = planCopy(layer, source, output)
  emitLayer(draft, turn, { ...output, patch: plan.walked }, { zeroPoint: 0, low: 0, high: 0 })
  // It may follow a copy of its kind, whose last words it reads.
  const gap = gaps.settle(plan.op) ? bankBeatToWriteCycles : 0
  const fields = {
    source: source.base,
    output: output.base,
    gap,
    rows: output.patch.height,
    slots: output.slots,
    wide: output.planes - 1,
    fill: source.map.zeroPoint & (16 ** output.planes - 1),
  }
  const copies: LegalInstruction[] =
    plan.op === 'REPATCH'
      ? [instruction('REPATCH', fields)]
      : plan.shifts.map(({ firstRow, rows, at, lanes: [laneRows, laneColumns] }, number) => {
          const place = { output: output.base + at, firstRow, rows, laneRows, laneColumns }
          return instruction('MOVE', { ...fields, ...place, gap: number === 0 ? gap : 0 })
        })
  if (turn.layer === 0) copies[0] = link(copies[0]!, { wait: ['input'] })
  const last = copies.length - 1
  if (freesTable(draft, turn)) copies[last] = link(copies[last]!, { signal: ['tableFree'] })
  infer.push(...copies)
  if (turn.layer === 0) emitTable(draft, turn.number + 1)
}
