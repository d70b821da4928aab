// What a random layer reads: maps as columns of slot entries and taps, and the LOADT of their table block.

import type { Geometry, Slot } from '../model/formats.ts'
import { geometriesPerBlock, slotsPerBlock } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import { limitsOf } from '../model/machine.ts'
import type { ReadableColumns } from './beats.ts'
import type { OutputPatch, RandomGeometry } from './tables.ts'
import { packTable, randomGeometry } from './tables.ts'
import type { ProgramDraft } from './program-draft.ts'
import { make, pickSource } from './program-draft.ts'

/** One or two maps as columns: their geometries, and an entry for each of their planes. */
export function randomSources(
  draft: ProgramDraft,
  block: number,
  output: OutputPatch,
): { readonly columns: ReadableColumns; readonly load: InstructionOf<'LOADT'> } {
  const { random, machine } = draft
  const tapBits = Math.min(random.int(0, 4), 2 * Math.log2(limitsOf(machine).taps))
  const sources = Array.from({ length: geometriesPerBlock }, () => pickSource(draft))
  const geometries = sources.map((source) => randomGeometry(random, machine, source, output, tapBits))
  const planes = sources
    .slice(0, Math.min(random.int(1, 2), limitsOf(machine).geometries))
    .flatMap(({ base, slots, planes: each, planeStride }, geometry) =>
      Array.from({ length: slots * each }, (_, plane) => ({ geometry, base: base + plane * planeStride })),
    )
  const slots: Slot[] = planes
    .slice(0, slotsPerBlock)
    .map((plane) => ({ ...plane, signed: random.int(0, 1), fill: random.int(0, 15) }))
  return {
    columns: { tapBits, taps: slots.map(({ geometry }) => geometries[geometry]!.taps) },
    load: loadTable(draft, block, geometries, slots, tapBits),
  }
}

/** The LOADT of a table block. */
export function loadTable(
  draft: ProgramDraft,
  block: number,
  geometries: readonly RandomGeometry[],
  slots: readonly Slot[],
  tapBits: number,
): InstructionOf<'LOADT'> {
  const all: Geometry[] = geometries.map(({ geometry }) => geometry)
  return make('LOADT', {
    address: draft.constants.add(packTable(draft.machine, all, slots)),
    block,
    slots: slots.length,
    tapBits,
  })
}
