// The input: LOADs of it, whole or in pieces that let the first layer start early.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { wordGroups } from '../../isa/semantics/transfers.ts'
import { issueToAddressCycles, loadBeatToRetireCycles, loadGroupCycles, positionCycles } from '../../isa/timing.ts'
import { limitsOf, type Machine } from '../../isa/machine.ts'
import { instruction } from './build.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import { region, type Emission, type InputStyle } from './emission.ts'
import { cutPieces, type Area } from './pieces.ts'
import { loadPad, mapBytes, positionBytes } from './tensors.ts'

/** LOADs, the last of which signals, and the positions of the first layer that can be computed once they are done. */
export interface InputPiece {
  readonly loads: readonly LegalInstruction[]
  readonly compute: Area
}

/**
 * Cuts an image's input for the first layer.
 * @param output the map over whose patch the layer's positions run
 * @param beats that the layer takes at a position
 */
export function inputPieces(
  emission: Emission,
  image: number,
  layer: LinearLayer | LogitsLayer,
  output: PlacedMap,
  beats: number,
  style: InputStyle,
): InputPiece[] {
  const { machine } = emission
  const input = emission.maps.get(emission.graph.input.name)!
  // Lane sums end with their COMPUTE: logits straight from the input wait for all of it.
  if (sumsPixels(layer) || style === 'whole') return [{ loads: [loadInput(emission, image)], compute: whole(output) }]
  const cut = {
    windows: sourcesOf(layer),
    source: input.patch,
    output: output.patch,
    unit: addressUnitBytes / greatestDivisor(addressUnitBytes, bytesOf(emission, input)),
    loadCycles: (positions: number): number => loadCycles(machine, input, positions),
    positionCycles: positionCycles(machine, beats),
  }
  return cutPieces(cut, style === 'columns').map(({ load, compute }) => ({
    loads: loadsOf(emission, image, load),
    compute,
  }))
}

/** Loads an image in one piece. */
export const loadInput = (emission: Emission, image: number): LegalInstruction =>
  loadsOf(emission, image, whole(emission.maps.get(emission.graph.input.name)!))[0]!

/** All positions of a map's patch. */
const whole = ({ patch }: PlacedMap): Area => ({
  firstRow: 0,
  rows: patch.height,
  firstColumn: 0,
  columns: patch.width,
})

/** Loads a part of every lane's patch of an image: at once where it has all columns, else row by row. The last LOAD signals. */
function loadsOf(emission: Emission, image: number, area: Area): LegalInstruction[] {
  const input = emission.maps.get(emission.graph.input.name)!
  const { width } = input.patch
  const { firstRow, rows, firstColumn, columns } = area
  if (columns === width) return [loadOf(emission, image, firstRow * width, rows * width, true)]
  return Array.from({ length: rows }, (_, row) =>
    loadOf(emission, image, (firstRow + row) * width + firstColumn, columns, row === rows - 1),
  )
}

function loadOf(
  emission: Emission,
  image: number,
  first: number,
  positions: number,
  signals: boolean,
): LegalInstruction {
  const input = emission.maps.get(emission.graph.input.name)!
  const fields = {
    region: region.input,
    address: (image * inputBytes(emission) + bytesOf(emission, input) * first) / addressUnitBytes,
    base: input.base + first,
    positions,
    planeStride: input.planeStride,
    channels: input.map.channels,
    pad: loadPad(input, emission.machine),
    wide: input.planes - 1,
    startBank: input.startBank,
  }
  return instruction('LOAD', fields, { signal: signals ? ['input'] : [] })
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

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))

/** Bytes of a position in DRAM. */
const bytesOf = ({ machine }: Emission, input: PlacedMap): number =>
  positionBytes(input.map.channels, input.planes, machine)

/** Bytes from an image to the next in the input region. */
const inputBytes = ({ machine, maps, graph }: Emission): number => mapBytes(maps.get(graph.input.name)!, machine)
