// The input: LOADs of its rows, whole or in strips that let the first layer start early.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { instruction } from './build.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import { region, type Emission } from './emission.ts'
import { cutStrips } from './strips.ts'
import { loadPad, mapBytes, positionBytes } from './tensors.ts'

/** A LOAD, and the rows of the first layer that can be computed once it is done. */
export interface InputStrip {
  readonly load: LegalInstruction
  readonly first: number
  readonly rows: number
}

/**
 * Cuts an image's input for the first layer.
 * @param output the map over whose patch the layer's positions run
 */
export function inputStrips(
  emission: Emission,
  image: number,
  layer: LinearLayer | LogitsLayer,
  output: PlacedMap,
): InputStrip[] {
  const input = emission.maps.get(emission.graph.input.name)!
  // Lane sums end with their COMPUTE: logits straight from the input wait for all of it.
  if (sumsPixels(layer))
    return [{ load: loadRows(emission, image, 0, input.patch.height), first: 0, rows: output.patch.height }]
  const aligned = (row: number): boolean => (row * rowBytes(emission, input)) % addressUnitBytes === 0
  return cutStrips(sourcesOf(layer), input.patch, output.patch, aligned).map(({ load, compute }) => ({
    load: loadRows(emission, image, load.first, load.rows),
    ...compute,
  }))
}

/** Loads some rows of every lane's patch of an image. */
export function loadRows(emission: Emission, image: number, first: number, rows: number): LegalInstruction {
  const input = emission.maps.get(emission.graph.input.name)!
  const { patch } = input
  const fields = {
    region: region.input,
    address: (image * inputBytes(emission) + rowBytes(emission, input) * first) / addressUnitBytes,
    base: input.base + first * patch.width,
    positions: rows * patch.width,
    planeStride: input.planeStride,
    channels: input.map.channels,
    pad: loadPad(input, emission.machine),
    wide: input.planes - 1,
    startBank: input.startBank,
  }
  return instruction('LOAD', fields, { signal: ['input'] })
}

const rowBytes = ({ machine }: Emission, input: PlacedMap): number =>
  positionBytes(input.map.channels, input.planes, machine) * input.patch.width

/** Bytes from an image to the next in the input region. */
const inputBytes = ({ machine, maps, graph }: Emission): number => mapBytes(maps.get(graph.input.name)!, machine)
