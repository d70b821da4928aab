// Patches: how many pixels of each map a lane owns, such that a layer of stride s reads s rows of its own patch for each output row.
import { defined } from '../../base/defined.ts'
import type { IntegerGraph, IntegerLayer } from '../graph/integer.ts'
import { type Refusal, capacityRefusal } from '../refusal.ts'
import { geometryFields } from '../../isa/model/formats.ts'
import type { Machine } from '../../isa/model/machine.ts'

export interface Patch {
  readonly height: number
  readonly width: number
}

/** Patches for all maps; or a layer at which they disagree; or the refusal of a map whose patch does not fit the fields. */
export type PatchChoice =
  { readonly kind: 'chosen'; readonly patches: ReadonlyMap<string, Patch> } | Disagreement | Refusal

/** The strides of two paths disagree at a layer: its source would need another patch than the other path gives it. */
export interface Disagreement {
  readonly kind: 'disagreed'
  readonly layer: string
  readonly map: string
}

/** A window over one source map, with what decides about patches. */
interface Reach {
  readonly layer: string
  readonly source: string
  /** the map over which positions run: the output, or for logits the source itself */
  readonly output: string
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly pads: readonly [number, number]
  readonly dilation: readonly [number, number]
  /** taps can be read from a shifted relayout of the map */
  readonly movable?: boolean
  /** taps past the next lane do not make patches grow */
  readonly ignoresFarTaps?: boolean
}

/**
 * The smallest patches [height, width] of every map such that patch(source) = stride · patch(output) for every layer, every
 * map fits the grid and no tap leaves a patch by more than one lane.
 * @param far what happens to taps past the next lane: patches grow until there are none, or they stay, to be read from relayouts
 */
export function choosePatches(graph: IntegerGraph, machine: Machine, far: 'grow' | 'stay' = 'grow'): PatchChoice {
  const gathered = new Map(
    graph.layers.flatMap((layer) =>
      layer.kind === 'relayout' && layer.lanes === 'one' ? [[layer.output.name, layer]] : [],
    ),
  )
  const reaches = graph.layers
    .flatMap(reachesOf)
    .filter(({ source }) => !gathered.has(source))
    .map((reach) => ({ ...reach, ignoresFarTaps: far === 'stay' && reach.movable }))
  const maps = [graph.input, ...graph.layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))]
  const heights = chooseAxis(
    reaches,
    maps.map((map) => ({ name: map.name, size: map.height })),
    0,
    machine.gridHeight,
  )
  if ('kind' in heights) return heights
  const widths = chooseAxis(
    reaches,
    maps.map((map) => ({ name: map.name, size: map.width })),
    1,
    machine.gridWidth,
  )
  if ('kind' in widths) return widths
  const patches = new Map<string, Patch>()
  for (const { name, height, width } of maps) {
    const from = gathered.get(name)?.source
    const patch =
      from === undefined
        ? { height: defined(heights.get(name)), width: defined(widths.get(name)) }
        : gatheredPatch(graph, { name, height, width }, defined(widths.get(from)), heights, widths)
    const refusal = checkPatch(name, patch)
    if (refusal !== undefined) return refusal
    patches.set(name, patch)
  }
  return { kind: 'chosen', patches }
}

/**
 * The patch of a map that one lane owns: all its rows, and its columns rounded up to whole patches of its source. It is larger if a reader's patch has
 * more positions: their taps must not lie past the next lane although their results are not used.
 */
function gatheredPatch(
  { layers }: IntegerGraph,
  { name, height, width }: { readonly name: string; readonly height: number; readonly width: number },
  sourceWidth: number,
  heights: ReadonlyMap<string, number>,
  widths: ReadonlyMap<string, number>,
): Patch {
  const readers = layers.flatMap((layer) =>
    layer.kind === 'linear' && layer.sources.some(({ map }) => map === name) ? [layer.output.name] : [],
  )
  const least = (extent: number, sides: ReadonlyMap<string, number>): number =>
    Math.max(0, ...readers.map((output) => Math.floor((defined(sides.get(output)) + extent) / 2)))
  return {
    height: Math.max(height, least(height, heights)),
    width: Math.max(Math.ceil(width / sourceWidth) * sourceWidth, least(width, widths)),
  }
}

/** A patch's sides and area must fit the fields of LAYER, LOAD and the geometries. */
function checkPatch(name: string, patch: Patch): Refusal | undefined {
  const side = 2 ** geometryFields.pitch.bits - 1
  const area = 2 ** geometryFields.planeStride.bits - 1
  if (patch.height <= side && patch.width <= side && patch.height * patch.width <= area) return undefined
  return capacityRefusal('lanes', area, {
    what: `a lane would own ${patch.height}×${patch.width} pixels of it`,
    where: `map '${name}'`,
    allowed: `at most ${side} each way and ${area} in all`,
  })
}

function reachesOf(layer: IntegerLayer): readonly Reach[] {
  switch (layer.kind) {
    case 'linear':
      return layer.sources.map((source) => ({
        ...source,
        layer: layer.name,
        source: source.map,
        // Where pixels are summed, positions run over the source.
        output: layer.overPixels === true ? source.map : layer.output.name,
        movable: layer.overPixels !== true,
      }))
    case 'logits':
      return [{ ...layer.source, layer: layer.name, source: layer.source.map, output: layer.source.map }]
    case 'maxPool':
      return [{ ...layer, layer: layer.name, source: layer.source, output: layer.output.name, dilation: [1, 1] }]
    case 'relayout': {
      const { name, source, stride, output } = layer
      const [kernel, pads, dilation] = [
        [1, 1],
        [0, 0],
        [1, 1],
      ] as const
      return layer.lanes === 'kept'
        ? [{ layer: name, source, output: output.name, kernel, stride, pads, dilation }]
        : []
    }
  }
}

function chooseAxis(
  reaches: readonly Reach[],
  maps: readonly { name: string; size: number }[],
  axis: 0 | 1,
  grid: number,
): Map<string, number> | Disagreement {
  const readers = new Map<string, Reach[]>(maps.map(({ name }) => [name, []]))
  for (const reach of reaches) {
    defined(readers.get(reach.source)).push(reach)
    if (reach.output !== reach.source) defined(readers.get(reach.output)).push(reach)
  }
  const sizes = new Map(maps.map(({ name, size }) => [name, size]))
  const sides = new Map<string, number>()
  for (const { name } of maps) {
    if (sides.has(name)) continue
    const scale = relativeScales(name, readers, axis)
    if ('kind' in scale) return scale
    let unit = Math.max(...[...scale].map(([map, own]) => Math.ceil(defined(sizes.get(map)) / (grid * own))))
    const hasFarTap = (reach: Reach): boolean => {
      const source = unit * defined(scale.get(reach.source))
      const output = unit * defined(scale.get(reach.output))
      const last =
        reach.stride[axis] * (output - 1) + reach.dilation[axis] * (reach.kernel[axis] - 1) - reach.pads[axis]
      return reach.ignoresFarTaps !== true && (reach.pads[axis] > source || last >= 2 * source)
    }
    const own = [...new Set([...scale.keys()].flatMap((map) => defined(readers.get(map))))]
    // A larger patch leaves lanes idle, but keeps every tap within the neighbouring lane.
    while (own.some(hasFarTap)) unit++
    for (const [map, side] of scale) sides.set(map, unit * side)
  }
  return sides
}

/** Sizes of the maps that windows connect to `start`, as integers relative to one another; fractions are cleared by scaling all. */
function relativeScales(
  start: string,
  readers: ReadonlyMap<string, readonly Reach[]>,
  axis: 0 | 1,
): Map<string, number> | Disagreement {
  const scale = new Map([[start, 1]])
  for (const name of scale.keys()) {
    for (const reach of defined(readers.get(name))) {
      const stride = reach.stride[axis]
      const other = reach.source === name ? reach.output : reach.source
      const before = defined(scale.get(name))
      const missing = reach.source === name ? stride / greatestCommonDivisor(before, stride) : 1
      if (missing > 1) for (const [each, size] of scale) scale.set(each, size * missing)
      const own = before * missing
      const expected = reach.source === name ? own / stride : own * stride
      const found = scale.get(other)
      if (found === undefined) scale.set(other, expected)
      else if (found !== expected) return { kind: 'disagreed', layer: reach.layer, map: reach.source }
    }
  }
  return scale
}

export const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
