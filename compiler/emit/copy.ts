// Copies: one MOVE, or one for every source row that goes to another place.
import type { CopyLayer } from '../graph/integer.ts'
import { bankBeatToWriteCycles } from '../../isa/timing.ts'
import { instruction } from './build.ts'
import { planCopy } from './copy-plan.ts'
import type { Draft } from './emission.ts'
import { loadRows } from './input.ts'
import { emitLayer, emitTable, freesTable } from './tables.ts'

/** Emits layer `index`; where it is the first, it loads the whole input before. */
export function emitCopy(draft: Draft, layer: CopyLayer, index: number): void {
  const { emission, infer, gaps } = draft
  const source = emission.maps.get(layer.source)!
  const output = emission.maps.get(layer.output.name)!
  if (index === 0) infer.push(loadRows(emission, 0, source.patch.height))
  const { walked, shifts } = planCopy(layer, source, output)
  emitLayer(draft, index, { ...output, patch: walked }, { zeroPoint: 0, low: 0, high: 0 })
  // The first of them may follow another copy, whose last words it reads.
  const gap = gaps.settle('MOVE') ? bankBeatToWriteCycles : 0
  shifts.forEach(({ firstRow, rows, at, lanes }, number) => {
    const fields = {
      source: source.base,
      output: output.base + at,
      gap: number === 0 ? gap : 0,
      firstRow,
      rows,
      slots: output.slots,
      wide: output.planes - 1,
      laneRows: lanes[0],
      laneColumns: lanes[1],
      fill: source.map.zeroPoint & (16 ** output.planes - 1),
    }
    const isLast = number === shifts.length - 1
    infer.push(
      instruction('MOVE', fields, {
        wait: index === 0 && number === 0 ? ['input'] : [],
        signal: isLast && freesTable(draft, index) ? ['tableFree'] : [],
      }),
    )
  })
  if (index === 0) emitTable(draft, 1)
}
