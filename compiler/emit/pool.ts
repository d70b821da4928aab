// Max pooling: one POOL a layer, bank by bank.
import type { MaxPoolLayer } from '../graph/integer.ts'
import { bankBeatToWriteCycles } from '../../isa/timing.ts'
import { poolWindow } from '../lower/windows.ts'
import { instruction } from './build.ts'
import type { Draft, Turn } from './emission.ts'
import { loadInput } from './input.ts'
import { emitLayer, emitTable, freesTable } from './tables.ts'

/** Emits a layer; the first of all loads the whole input before. */
export function emitPool(draft: Draft, layer: MaxPoolLayer, turn: Turn): void {
  const { emission, infer, gaps } = draft
  const source = emission.maps.get(layer.source)!
  const output = emission.maps.get(layer.output.name)!
  if (turn.number === 0) infer.push(loadInput(emission, 0))
  emitLayer(draft, turn, output, { zeroPoint: 0, low: 0, high: 0 })
  // Another POOL before has not yet written its last words.
  const gap = gaps.settle('POOL') ? bankBeatToWriteCycles : 0
  const { op, ...window } = poolWindow(layer)
  const fields = {
    gap,
    source: source.base,
    output: output.base,
    rows: output.patch.height,
    slots: output.slots,
    wide: output.planes - 1,
    signed: layer.output.format.signed ? 1 : 0,
    ...window,
  }
  infer.push(
    instruction(op, fields, {
      wait: turn.layer === 0 ? ['input'] : [],
      signal: freesTable(draft, turn) ? ['tableFree'] : [],
    }),
  )
  if (turn.layer === 0) emitTable(draft, turn.number + 1)
}
