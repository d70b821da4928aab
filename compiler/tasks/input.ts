// The input of an image, whole or cut so that the first layer starts early.
import { elementAt } from '../../base/defined.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import { positionBytes } from '../layout/dram.ts'
import { greatestCommonDivisor } from '../placement/patches.ts'
import type { PlacedMap } from '../placement/storage.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'
import { wordGroups } from '../../isa/semantics/transfers.ts'
import { issueToAddressCycles, loadBeatToRetireCycles, loadGroupCycles, positionCycles } from '../../isa/timing.ts'
import { type Area, cutChunks, type InputChunk } from './pieces.ts'
import { inputOf, type InputStyle, type Plan, outputPositionsOf } from './plan.ts'

/** All positions of a map's patch. */
export const wholeArea = ({ patch }: Pick<PlacedMap, 'patch'>): Area => ({
  firstRow: 0,
  rows: patch.height,
  firstColumn: 0,
  columns: patch.width,
})

/**
 * Cuts an image's input for the first layer. That of a later image comes early: whole rows, if not in one piece.
 * @param style of the first image's
 */
export function inputPieces(
  plan: Plan,
  { layer, groups }: MatrixLayer,
  image: number,
  style: InputStyle,
): InputChunk[] {
  const { machine } = plan
  const input = inputOf(plan)
  const { placed } = outputPositionsOf(plan, layer)
  // Lane sums end with their COMPUTE: logits straight from the input wait for all of it.
  if (sumsPixels(layer) || style === 'whole') return [{ load: wholeArea(input), compute: wholeArea(placed) }]
  const bytes = positionBytes(input.map.channels, input.planes, machine)
  const cut = {
    windows: sourcesOf(layer),
    source: input.patch,
    output: placed.patch,
    unit: addressUnitBytes / greatestCommonDivisor(addressUnitBytes, bytes),
    loadCycles: (positions: number): number => loadCycles(machine, input, positions),
    positionCycles: positionCycles(machine, elementAt(groups, 0).stream.beats),
  }
  return cutChunks(cut, style === 'columns' && image === 0)
}

/** Cycles of a LOAD behind another: its data, or a share of its way to DRAM and back where few may be on it. */
function loadCycles(machine: Machine, input: PlacedMap, positions: number): number {
  const transfer = { channels: input.map.channels, wide: input.planes - 1 }
  const beats = wordGroups(machine, transfer).map(({ bytes }) =>
    Math.max(loadGroupCycles, (8 * bytes) / machine.axiBits),
  )
  const data = positions * beats.reduce((sum, each) => sum + each, 0)
  const way = issueToAddressCycles + machine.dramLatencyCycles + data + loadBeatToRetireCycles + 1
  return Math.max(data + loadGroupCycles - 1, way / limitsOf(machine).transfersInFlight)
}
