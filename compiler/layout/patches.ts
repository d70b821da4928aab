// Patches: how many pixels of each map a lane owns, such that every layer reads s output rows' worth of source per output row.
import type { IntegerGraph, IntegerLayer } from '../graph/integer.ts'
import { DlpError } from '../../isa/error.ts'
import { geometryFields } from '../../isa/formats.ts'
import type { Machine } from '../../isa/machine.ts'

export interface Patch {
  readonly height: number
  readonly width: number
}

/** A window over one source map, as the patch laws see it. */
interface Reach {
  readonly layer: string
  readonly source: string
  /** the map whose positions are walked: the output, or the source itself for logits */
  readonly output: string
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly pads: readonly [number, number]
  readonly dilation: readonly [number, number]
}

/**
 * The smallest patches [height, width] of every map such that patch(source) = stride · patch(output) for every layer, every
 * map fits the grid and no tap leaves a patch by more than one lane.
 * @throws DlpError where two paths disagree in their strides
 */
export function choosePatches(graph: IntegerGraph, machine: Machine): Map<string, Patch> {
  const reaches = graph.layers.flatMap(reachesOf)
  const maps = [graph.input, ...graph.layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))]
  const heights = chooseAxis(
    reaches,
    maps.map((map) => ({ name: map.name, size: map.height })),
    0,
    machine.gridHeight,
  )
  const widths = chooseAxis(
    reaches,
    maps.map((map) => ({ name: map.name, size: map.width })),
    1,
    machine.gridWidth,
  )
  return new Map(
    maps.map(({ name }) => [name, checkPatch(name, { height: heights.get(name)!, width: widths.get(name)! })]),
  )
}

/** A patch's sides and area must fit the fields of LAYER, LOAD and the geometries. */
function checkPatch(name: string, patch: Patch): Patch {
  const side = 2 ** geometryFields.pitch.bits - 1
  const area = 2 ** geometryFields.planeStride.bits - 1
  if (patch.height <= side && patch.width <= side && patch.height * patch.width <= area) return patch
  throw new DlpError({
    what: `a lane would own ${patch.height}×${patch.width} pixels of it`,
    where: `map '${name}'`,
    allowed: `at most ${side} each way and ${area} in all`,
    help: 'use a machine with more lanes or a smaller input',
  })
}

function reachesOf(layer: IntegerLayer): readonly Reach[] {
  switch (layer.kind) {
    case 'linear':
      return layer.sources.map((source) => ({
        ...source,
        layer: layer.name,
        source: source.map,
        output: layer.output.name,
      }))
    case 'logits':
      return [{ ...layer.source, layer: layer.name, source: layer.source.map, output: layer.source.map }]
    case 'maxPool':
      return [{ ...layer, layer: layer.name, source: layer.source, output: layer.output.name, dilation: [1, 1] }]
  }
}

function chooseAxis(
  reaches: readonly Reach[],
  maps: readonly { name: string; size: number }[],
  axis: 0 | 1,
  grid: number,
): Map<string, number> {
  const scale = relativeScales(reaches, maps, axis)
  let unit = Math.max(...maps.map(({ name, size }) => Math.ceil(size / (grid * scale.get(name)!))))
  const leaves = (reach: Reach): boolean => {
    const source = unit * scale.get(reach.source)!
    const output = unit * scale.get(reach.output)!
    const last = reach.stride[axis] * (output - 1) + reach.dilation[axis] * (reach.kernel[axis] - 1) - reach.pads[axis]
    return reach.pads[axis] > source || last >= 2 * source
  }
  // A larger patch leaves lanes idle, but keeps every tap within the neighbouring lane.
  while (reaches.some(leaves)) unit++
  return new Map(maps.map(({ name }) => [name, unit * scale.get(name)!]))
}

/** Whole-number sizes of the maps relative to the smallest, from the strides alone. */
function relativeScales(
  reaches: readonly Reach[],
  maps: readonly { name: string }[],
  axis: 0 | 1,
): Map<string, number> {
  const scale = new Map<string, number>()
  for (const { name } of maps) {
    if (scale.has(name)) continue
    scale.set(name, 1)
    spread(name, reaches, axis, scale)
  }
  return scale
}

/** Gives every map connected to `start` its scale; fractions are cleared by scaling the whole component. */
function spread(start: string, reaches: readonly Reach[], axis: 0 | 1, scale: Map<string, number>): void {
  const component = [start]
  for (const name of component) {
    for (const reach of reaches) {
      if (reach.source !== name && reach.output !== name) continue
      const stride = reach.stride[axis]
      const other = reach.source === name ? reach.output : reach.source
      const missing = reach.source === name ? stride / greatestCommonDivisor(scale.get(name)!, stride) : 1
      for (const each of missing > 1 ? component : []) scale.set(each, scale.get(each)! * missing)
      const expected = reach.source === name ? scale.get(name)! / stride : scale.get(name)! * stride
      const found = scale.get(other)
      if (found === undefined) {
        scale.set(other, expected)
        component.push(other)
      } else if (found !== expected) {
        throw new DlpError({
          what: `paths disagree in their strides: '${reach.source}' would need ${found / expected} times the patch that '${reach.output}' has`,
          where: `layer '${reach.layer}'`,
          allowed: 'the same total stride on every path between two maps',
          help: 'give both branches the same strides',
        })
      }
    }
  }
}

export const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
