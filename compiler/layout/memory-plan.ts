// The memory plan: a feature memory address for every map; maps whose live ranges overlap share no word.
import { sourceMaps } from '../graph/integer.ts'
import type { IntegerGraph, IntegerMap } from '../graph/integer.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { counted } from '../../base/words.ts'
import { isRefused, type Refusal, capacityRefusal } from '../refusal.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import type { Patch } from '../placement/patches.ts'
import { chooseStartBanks } from './start-banks.ts'
import { areaOf, loadPeriod, mapWords, planesOf, type PlacedMap } from '../placement/storage.ts'

/** The live range of a map: the layers `first` to `last`, both included, during which its words are in use; −1 is the loading of the input. */
export interface LiveRange {
  readonly name: string
  readonly words: number
  readonly first: number
  readonly last: number
}

/**
 * Places every map of the graph. If the feature memory is too small, the refusal names the layer at which most words are live.
 * @param images of a run; with several, the input keeps its words, so that the next image can be loaded while this one is computed
 */
export function planMemory(
  graph: IntegerGraph,
  machine: Machine,
  patches: ReadonlyMap<string, Patch>,
  images = 1,
): Map<string, PlacedMap> | Refusal {
  const unplaced = unplacedMaps(graph, machine, patches)
  const ranges = liveRanges(graph)
  const intervals = [...unplaced.values()].map((placed) => ({
    name: placed.map.name,
    words: mapWords(placed),
    ...(images > 1 && placed.map.name === graph.input.name
      ? { first: -1, last: graph.layers.length }
      : defined(ranges.get(placed.map.name))),
  }))
  const layerName = (layer: number): string => graph.layers[layer]?.name ?? 'input'
  const bases = allocate(intervals, machine.featureWords, layerName)
  if (isRefused(bases)) return bases
  return new Map(
    [...unplaced.values()].map((placed) => [placed.map.name, { ...placed, base: defined(bases.get(placed.map.name)) }]),
  )
}

/** Every map with its slots, planes and replicas, all at address 0. */
export function unplacedMaps(
  graph: IntegerGraph,
  machine: Machine,
  patches: ReadonlyMap<string, Patch>,
): Map<string, PlacedMap> {
  const unplaced = new Map<string, PlacedMap>()
  const place = (map: IntegerMap, slots: number, period: number, leastStride = 1): void => {
    const patch = defined(patches.get(map.name))
    unplaced.set(map.name, {
      map,
      patch,
      planeStride: Math.max(areaOf(patch), leastStride),
      planes: planesOf(map),
      slots,
      period,
      startBank: 0,
      base: 0,
    })
  }
  const perSlot = slotChannels(machine)
  const inputSlots = Math.ceil(graph.input.channels / perSlot)
  place(graph.input, inputSlots, inputSlots === 1 ? loadPeriod(graph.input.channels, machine) : inputSlots * perSlot)
  for (const layer of graph.layers) {
    if (layer.kind === 'logits') continue
    // Bank operations process the source's slots, replicas included; COMPUTE writes whole row groups.
    const source = layer.kind === 'linear' ? undefined : defined(unplaced.get(layer.source))
    const slots = source?.slots ?? (Math.ceil(layer.output.channels / machine.rows) * machine.rows) / perSlot
    // A plane must be at least as long as the patch over which LAYER's positions run.
    const positionMap =
      layer.kind === 'linear' && layer.overPixels === true ? elementAt(layer.sources, 0).map : layer.output.name
    place(layer.output, slots, source?.period ?? slots * perSlot, areaOf(defined(patches.get(positionMap))))
  }
  return chooseStartBanks(graph, unplaced, machine)
}

function liveRanges(graph: IntegerGraph): Map<string, { first: number; last: number }> {
  const ranges = new Map([[graph.input.name, { first: -1, last: -1 }]])
  for (const [index, layer] of graph.layers.entries()) {
    for (const name of sourceMaps(layer)) defined(ranges.get(name)).last = index
    if (layer.kind !== 'logits') ranges.set(layer.output.name, { first: index, last: index })
  }
  const result = ranges.get(graph.output)
  if (result !== undefined) result.last = graph.layers.length
  return ranges
}

/** Orders in which maps are placed. Large maps first leave the fewest gaps; if that fails, another order may fit. */
const orders: readonly ((a: LiveRange, b: LiveRange) => number)[] = [
  (a, b) => b.words - a.words,
  (a, b) => b.words * lengthOf(b) - a.words * lengthOf(a),
  (a, b) => lengthOf(b) - lengthOf(a),
  (a, b) => a.first - b.first,
]
const lengthOf = ({ first, last }: LiveRange): number => last - first + 1

/** Addresses by first fit, in the first order with which all maps fit. */
export function allocate(
  intervals: readonly LiveRange[],
  words: number,
  layerName: (layer: number) => string,
): Map<string, number> | Refusal {
  const fullest = fullestLayer(intervals)
  // Maps that are live at the same time need their words in any order.
  for (const order of fullest.need > words ? [] : orders) {
    const sorted = [...intervals].sort((a, b) => order(a, b) || a.first - b.first || (a.name < b.name ? -1 : 1))
    const bases = firstFit(sorted)
    if (intervals.every(({ name, words: own }) => defined(bases.get(name)) + own <= words)) return bases
  }
  return full(fullest, words, layerName)
}

/** First fit: each interval gets the lowest address that is free during its live range. */
function firstFit(intervals: readonly LiveRange[]): Map<string, number> {
  // Sorted by base.
  const placed: (LiveRange & { base: number })[] = []
  for (const interval of intervals) {
    let base = 0
    for (const other of placed) {
      if (other.first > interval.last || interval.first > other.last) continue
      if (base + interval.words <= other.base) break
      if (base < other.base + other.words) base = other.base + other.words
    }
    let [low, high] = [0, placed.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (placed[middle]!.base <= base) low = middle + 1
      else high = middle
    }
    placed.splice(low, 0, { ...interval, base })
  }
  return new Map(placed.map(({ name, base }) => [name, base]))
}

/** The layer at which most words are in use; of several, the one whose map comes first in the list. */
function fullestLayer(intervals: readonly LiveRange[]): { readonly layer: number; readonly need: number } {
  const change = new Map<number, number>()
  const add = (layer: number, words: number): void => void change.set(layer, (change.get(layer) ?? 0) + words)
  for (const { first, last, words } of intervals) {
    add(first, words)
    add(last + 1, -words)
  }
  const needs = new Map<number, number>()
  let need = 0
  for (const [layer, words] of [...change].sort(([a], [b]) => a - b)) needs.set(layer, (need += words))
  return intervals.reduce(
    (worst, { first }) => {
      const own = defined(needs.get(first))
      return own > worst.need ? { layer: first, need: own } : worst
    },
    { layer: -1, need: Number.NEGATIVE_INFINITY },
  )
}

function full(
  { layer: worst, need }: { readonly layer: number; readonly need: number },
  words: number,
  layerName: (layer: number) => string,
): Refusal {
  const gaps = need > words ? '' : ', and the gaps between them are too small'
  return capacityRefusal('featureWords', need, {
    what: `the maps alive at layer '${layerName(worst)}' need ${counted(need, 'word')} of every feature memory bank${gaps}`,
    where: `memory plan, layer '${layerName(worst)}'`,
    allowed: `featureWords = ${words}`,
  })
}
