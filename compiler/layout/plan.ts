// The memory plan: a feature memory address for every map, with no overlap between maps that live at the same time.
import { sourceMaps } from '../graph/integer.ts'
import type { IntegerGraph, IntegerMap } from '../graph/integer.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { counted } from '../../base/words.ts'
import { isRefused, type Refusal, capacityRefusal } from '../refusal.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import type { Patch } from '../placement/patches.ts'
import { chooseStartBanks } from './start-banks.ts'
import { areaOf, loadPeriod, mapWords, planesOf, type PlacedMap } from '../placement/storage.ts'

/** A map with the layers between which its words are in use: from `born` to `dead`, both included; −1 is the input. */
export interface MapLifetime {
  readonly name: string
  readonly words: number
  readonly born: number
  readonly dead: number
}

/**
 * Places every map of the graph; where the feature memory is too small, the refusal names the layer at which it is fullest.
 * @param images of a run: where there are several, the input keeps its words, so that the next image can arrive while this one is computed
 */
export function planMemory(
  graph: IntegerGraph,
  machine: Machine,
  patches: ReadonlyMap<string, Patch>,
  images = 1,
): Map<string, PlacedMap> | Refusal {
  const unplaced = unplacedMaps(graph, machine, patches)
  const lives = lifetimes(graph)
  const intervals = [...unplaced.values()].map((placed) => ({
    name: placed.map.name,
    words: mapWords(placed),
    ...(images > 1 && placed.map.name === graph.input.name
      ? { born: -1, dead: graph.layers.length }
      : defined(lives.get(placed.map.name))),
  }))
  const layerName = (layer: number): string => graph.layers[layer]?.name ?? 'input'
  const bases = allocate(intervals, machine.featureWords, layerName)
  if (isRefused(bases)) return bases
  return new Map(
    [...unplaced.values()].map((placed) => [placed.map.name, { ...placed, base: defined(bases.get(placed.map.name)) }]),
  )
}

/** Every map with its slots, planes and copies, all at address 0. */
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
    // Bank operations work on the source's slots, copies included; COMPUTE writes whole row groups.
    const source = layer.kind === 'linear' ? undefined : defined(unplaced.get(layer.source))
    const slots = source?.slots ?? (Math.ceil(layer.output.channels / machine.rows) * machine.rows) / perSlot
    // LAYER asks for planes at least as long as the patch that it walks over.
    const walked =
      layer.kind === 'linear' && layer.overPixels === true ? elementAt(layer.sources, 0).map : layer.output.name
    place(layer.output, slots, source?.period ?? slots * perSlot, areaOf(defined(patches.get(walked))))
  }
  return chooseStartBanks(graph, unplaced, machine)
}

function lifetimes(graph: IntegerGraph): Map<string, { born: number; dead: number }> {
  const lives = new Map([[graph.input.name, { born: -1, dead: -1 }]])
  for (const [index, layer] of graph.layers.entries()) {
    for (const name of sourceMaps(layer)) defined(lives.get(name)).dead = index
    if (layer.kind !== 'logits') lives.set(layer.output.name, { born: index, dead: index })
  }
  const result = lives.get(graph.output)
  if (result !== undefined) result.dead = graph.layers.length
  return lives
}

/** Orders in which maps are placed: large ones first leave the fewest holes; where that fails, others may fit. */
const orders: readonly ((a: MapLifetime, b: MapLifetime) => number)[] = [
  (a, b) => b.words - a.words,
  (a, b) => b.words * lengthOf(b) - a.words * lengthOf(a),
  (a, b) => lengthOf(b) - lengthOf(a),
  (a, b) => a.born - b.born,
]
const lengthOf = ({ born, dead }: MapLifetime): number => dead - born + 1

/** Addresses by first fit, in the first of some orders that fits. */
export function allocate(
  intervals: readonly MapLifetime[],
  words: number,
  layerName: (layer: number) => string,
): Map<string, number> | Refusal {
  const fullest = fullestLayer(intervals)
  // What is alive at one time needs its words in any order.
  for (const order of fullest.need > words ? [] : orders) {
    const sorted = [...intervals].sort((a, b) => order(a, b) || a.born - b.born || (a.name < b.name ? -1 : 1))
    const bases = firstFit(sorted)
    if (intervals.every(({ name, words: own }) => defined(bases.get(name)) + own <= words)) return bases
  }
  return full(fullest, words, layerName)
}

/** The lowest address for each interval that no earlier one of the same time holds. */
function firstFit(intervals: readonly MapLifetime[]): Map<string, number> {
  // In the order of their bases.
  const placed: (MapLifetime & { base: number })[] = []
  for (const interval of intervals) {
    let base = 0
    for (const rival of placed) {
      if (rival.born > interval.dead || interval.born > rival.dead) continue
      if (base + interval.words <= rival.base) break
      if (base < rival.base + rival.words) base = rival.base + rival.words
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

/** The layer at which most words are in use, of several the one whose map comes first in the list. */
function fullestLayer(intervals: readonly MapLifetime[]): { readonly layer: number; readonly need: number } {
  const change = new Map<number, number>()
  const add = (layer: number, words: number): void => void change.set(layer, (change.get(layer) ?? 0) + words)
  for (const { born, dead, words } of intervals) {
    add(born, words)
    add(dead + 1, -words)
  }
  const needs = new Map<number, number>()
  let need = 0
  for (const [layer, words] of [...change].sort(([a], [b]) => a - b)) needs.set(layer, (need += words))
  return intervals.reduce(
    (worst, { born }) => {
      const own = defined(needs.get(born))
      return own > worst.need ? { layer: born, need: own } : worst
    },
    { layer: -1, need: Number.NEGATIVE_INFINITY },
  )
}

function full(
  { layer: worst, need }: { readonly layer: number; readonly need: number },
  words: number,
  layerName: (layer: number) => string,
): Refusal {
  const gaps = need > words ? '' : ', and holes between them are too small'
  return capacityRefusal('featureWords', need, {
    what: `the maps alive at layer '${layerName(worst)}' need ${counted(need, 'word')} of every feature memory bank${gaps}`,
    where: `memory plan, layer '${layerName(worst)}'`,
    allowed: `featureWords = ${words}`,
  })
}
