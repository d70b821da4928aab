// What a random layer reads: maps as columns of slot entries and taps, and the LOADT that brings them.

import type { Geometry, Slot } from '../model/formats.ts'
import { geometriesPerBlock, slotsPerBlock } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import { limitsOf } from '../model/machine.ts'
import type { ReadableColumns } from './beats.ts'
import type { Patch, RandomGeometry } from './tables.ts'
import { packTable, randomGeometry } from './tables.ts'
import type { Workspace } from './workspace.ts'
import { make, pickSource } from './workspace.ts'

/** One or two maps as columns: their geometries, and an entry for each of their planes. */
export function randomSources(
  work: Workspace,
  block: number,
  output: Patch,
): { readonly columns: ReadableColumns; readonly load: InstructionOf<'LOADT'> } {
  const { draw, machine } = work
  const tapBits = Math.min(draw.int(0, 4), 2 * Math.log2(limitsOf(machine).taps))
  const sources = Array.from({ length: geometriesPerBlock }, () => pickSource(work))
  const geometries = sources.map((source) => randomGeometry(draw, machine, source, output, tapBits))
  const planes = sources
    .slice(0, Math.min(draw.int(1, 2), limitsOf(machine).geometries))
    .flatMap(({ base, slots, planes: each, planeStride }, geometry) =>
      Array.from({ length: slots * each }, (_, plane) => ({ geometry, base: base + plane * planeStride })),
    )
  const slots: Slot[] = planes
    .slice(0, slotsPerBlock)
    .map((plane) => ({ ...plane, signed: draw.int(0, 1), fill: draw.int(0, 15) }))
  return {
    columns: { tapBits, taps: slots.map(({ geometry }) => geometries[geometry]!.taps) },
    load: loadTable(work, block, geometries, slots, tapBits),
  }
}

/** The LOADT of a table block. */
export function loadTable(
  work: Workspace,
  block: number,
  geometries: readonly RandomGeometry[],
  slots: readonly Slot[],
  tapBits: number,
): InstructionOf<'LOADT'> {
  const all: Geometry[] = geometries.map(({ geometry }) => geometry)
  return make('LOADT', {
    address: work.constants.add(packTable(work.machine, all, slots)),
    block,
    slots: slots.length,
    tapBits,
  })
}
