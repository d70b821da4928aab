// A cut: some readers of a map read a relayout with a patch of its own, so that the patches on both sides need not agree.
import { elementAt } from '../../base/defined.ts'
import {
  sourceMaps,
  sourcesOf,
  type RelayoutLayer,
  type IntegerGraph,
  type IntegerLayer,
  type IntegerMap,
} from '../graph/integer.ts'

export interface PatchCut {
  readonly map: string
  /** names of the layers that read the relayout */
  readonly readers: ReadonlySet<string>
}

/** The graph with the relayout of a cut; it evaluates to the same codes. */
export function cutGraph(graph: IntegerGraph, { map: name, readers }: PatchCut): IntegerGraph {
  const map = mapNamed(graph, name)
  const taken = new Set(graph.layers.map((layer) => layer.name))
  let number = 1
  while (taken.has(`${name}@${number}`)) number++
  const reading = graph.layers.filter((layer) => readers.has(layer.name))
  const output = { ...map, ...neededOf(map, reading), name: `${name}@${number}` }
  const relayout: RelayoutLayer = {
    kind: 'relayout',
    name: output.name,
    source: name,
    stride: [1, 1],
    offset: [0, 0],
    lanes: 'free',
    output,
  }
  const first = graph.layers.indexOf(elementAt(reading, 0))
  const layers = graph.layers.map((layer) => (readers.has(layer.name) ? redirect(layer, name, output.name) : layer))
  return { ...graph, layers: [...layers.slice(0, first), relayout, ...layers.slice(first)] }
}

/** The layers that read a map. */
export const readersOf = (graph: IntegerGraph, map: string): IntegerLayer[] =>
  graph.layers.filter((layer) => sourceMaps(layer).includes(map))

function mapNamed({ input, layers }: IntegerGraph, name: string): IntegerMap {
  if (input.name === name) return input
  const layer = layers.find((each) => each.kind !== 'logits' && each.output.name === name)
  if (layer === undefined || layer.kind === 'logits') throw new Error(`no map '${name}'`)
  return layer.output
}

function redirect(layer: IntegerLayer, from: string, to: string): IntegerLayer {
  const move = <S extends { readonly map: string }>(source: S): S =>
    source.map === from ? { ...source, map: to } : source
  switch (layer.kind) {
    case 'linear':
      return { ...layer, sources: layer.sources.map(move) }
    case 'logits':
      return { ...layer, source: move(layer.source) }
    case 'maxPool':
    case 'relayout':
      return { ...layer, source: to }
    default:
      return layer satisfies never
  }
}

/** Rows and columns of a map that some layers read: a relayout need not hold more. */
function neededOf(map: IntegerMap, layers: readonly IntegerLayer[]): { height: number; width: number } {
  const along = (axis: 0 | 1): number =>
    Math.max(
      ...layers.flatMap((layer) => {
        const extent = ([map.height, map.width] as const)[axis]
        if (
          layer.kind === 'logits' ||
          layer.kind === 'relayout' ||
          (layer.kind === 'linear' && layer.overPixels === true)
        )
          return [extent]
        const last = ([layer.output.height, layer.output.width] as const)[axis] - 1
        const windows =
          layer.kind === 'maxPool'
            ? [{ ...layer, dilation: [1, 1] as const }]
            : sourcesOf(layer).filter((source) => source.map === map.name)
        return windows.map(({ kernel, stride, pads, dilation }) =>
          Math.min(extent, stride[axis] * last + dilation[axis] * (kernel[axis] - 1) - pads[axis] + 1),
        )
      }),
      1,
    )
  return { height: along(0), width: along(1) }
}
