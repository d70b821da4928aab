// Start banks: narrow maps that a layer reads together begin in different banks, so that a beat can read more of their columns.
import { defined } from '../../base/defined.ts'
import { sourceMaps, type IntegerGraph } from '../graph/integer.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import type { PlacedMap } from '../placement/storage.ts'

/** The same maps with their start banks, chosen one by one in the order in which layers write them. */
export function chooseStartBanks(
  graph: IntegerGraph,
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
): Map<string, PlacedMap> {
  const input = defined(maps.get(graph.input.name))
  const chosen = new Map<string, PlacedMap>([[graph.input.name, input]])
  const coRead = new CoReadMaps(graph, machine)
  coRead.add(input)
  for (const layer of graph.layers) {
    if (layer.kind === 'logits') continue
    const unplaced = defined(maps.get(layer.output.name))
    // Bank operations write the banks that they read.
    const startBank =
      layer.kind === 'linear'
        ? leastLoaded(unplaced, () => coRead.loadBeside(layer.output.name), machine)
        : defined(chosen.get(layer.source)).startBank
    const placed = { ...unplaced, startBank }
    chosen.set(layer.output.name, placed)
    if (layer.kind === 'linear') coRead.add(placed)
  }
  return chosen
}

/**
 * The maps that layers read together, and the columns in each bank of those with a start bank. Relayouts and pools of a map count as the map itself.
 * A layer may read thousands of maps, so pairs of maps are never stored.
 */
class CoReadMaps {
  readonly #machine: Machine
  /** [maps] layers that read the map */
  readonly #readers = new Map<string, number[]>()
  /** [layers] maps that the layer reads */
  readonly #reads: readonly (readonly string[])[]
  /** [banks] columns of each map with a start bank, and of all such maps that a layer reads */
  readonly #own = new Map<string, Int32Array>()
  readonly #ofLayer = new Map<number, Int32Array>()

  constructor(graph: IntegerGraph, machine: Machine) {
    this.#machine = machine
    const origin = new Map([[graph.input.name, graph.input.name]])
    this.#reads = graph.layers.map((layer, at) => {
      const read = [...new Set(sourceMaps(layer).map((name) => defined(origin.get(name))))]
      for (const name of read) {
        const known = this.#readers.get(name)
        if (known === undefined) this.#readers.set(name, [at])
        else known.push(at)
      }
      if (layer.kind !== 'logits')
        origin.set(layer.output.name, layer.kind === 'linear' ? layer.output.name : defined(origin.get(layer.source)))
      return read
    })
  }

  /** Adds a map that has its start bank. */
  add(placed: PlacedMap): void {
    const load = new Int32Array(this.#machine.banks)
    eachBank(placed, placed.startBank, this.#machine, (bank) => load[bank]!++)
    this.#own.set(placed.map.name, load)
    for (const layer of this.#readers.get(placed.map.name) ?? []) {
      const sum = this.#ofLayer.get(layer)
      if (sum === undefined) this.#ofLayer.set(layer, load.slice())
      else addTo(sum, load)
    }
  }

  /** [banks] columns of the maps that some layer reads together with this one, which has no start bank yet; each map counts once. */
  loadBeside(name: string): Int32Array {
    const layers = this.#readers.get(name) ?? []
    if (layers.length === 1) return this.#ofLayer.get(layers[0]!) ?? new Int32Array(this.#machine.banks)
    const load = new Int32Array(this.#machine.banks)
    for (const other of new Set(layers.flatMap((layer) => this.#reads[layer]!))) {
      const own = this.#own.get(other)
      if (own !== undefined) addTo(load, own)
    }
    return load
  }
}

function addTo(sum: Int32Array, added: Int32Array): void {
  for (let bank = 0; bank < sum.length; bank++) sum[bank]! += added[bank]!
}

/** The start bank with which a map shares banks with the fewest columns of other maps; 0 for maps that fill a slot. */
function leastLoaded(placed: PlacedMap, loadBeside: () => Int32Array, machine: Machine): number {
  if (placed.map.channels >= slotChannels(machine)) return 0
  const load = loadBeside()
  let best = 0
  let least = Infinity
  for (let start = 0; start < machine.banks; start++) {
    let sum = 0
    eachBank(placed, start, machine, (bank) => (sum += load[bank]!))
    if (sum >= least) continue
    best = start
    least = sum
  }
  return best
}

/** Calls for the bank of every channel and plane. */
function eachBank(
  { map, planes }: PlacedMap,
  startBank: number,
  { clusters, banks }: Machine,
  call: (bank: number) => void,
): void {
  for (let channel = 0; channel < map.channels; channel++)
    for (let plane = 0; plane < planes; plane++)
      call((Math.floor(channel / clusters) + startBank + (plane * banks) / 2) % banks)
}
