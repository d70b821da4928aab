// Start banks: narrow maps that a layer reads together begin in different banks, so that more of their columns are read in a beat.
import { sourceMaps, type IntegerGraph } from '../graph/integer.ts'
import { slotChannels, type Machine } from '../../isa/machine.ts'
import type { PlacedMap } from './storage.ts'

/** The same maps with their start banks, chosen one by one in the order in which layers write them. */
export function chooseStartBanks(
  graph: IntegerGraph,
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
): Map<string, PlacedMap> {
  const chosen = new Map<string, PlacedMap>([[graph.input.name, maps.get(graph.input.name)!]])
  const together = neighbours(graph)
  for (const layer of graph.layers) {
    if (layer.kind === 'logits') continue
    const placed = maps.get(layer.output.name)!
    // POOL, MOVE and REPATCH write the banks that they read.
    const startBank =
      layer.kind === 'linear'
        ? leastLoaded(placed, [...together.get(layer.output.name)!].flatMap((name) => chosen.get(name) ?? []), machine) // prettier-ignore
        : chosen.get(layer.source)!.startBank
    chosen.set(layer.output.name, { ...placed, startBank })
  }
  return chosen
}

/** For every map those that some layer reads beside it, copies and pools of it included. */
function neighbours(graph: IntegerGraph): Map<string, Set<string>> {
  const origin = new Map([[graph.input.name, graph.input.name]])
  const together = new Map([[graph.input.name, new Set<string>()]])
  for (const layer of graph.layers) {
    const read = sourceMaps(layer).map((name) => origin.get(name)!)
    for (const name of read) for (const other of read) if (other !== name) together.get(name)!.add(other)
    if (layer.kind === 'logits') continue
    const { name } = layer.output
    origin.set(name, layer.kind === 'linear' ? name : origin.get(layer.source)!)
    if (layer.kind === 'linear') together.set(name, new Set())
  }
  return together
}

/** The bank from which a map meets the fewest columns of the others; maps that fill a slot begin in bank 0. */
function leastLoaded(placed: PlacedMap, others: readonly PlacedMap[], machine: Machine): number {
  if (placed.map.channels >= slotChannels(machine)) return 0
  const load = new Int32Array(machine.banks)
  for (const other of others) eachBank(other, other.startBank, machine, (bank) => load[bank]++)
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
