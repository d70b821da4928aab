// A cost model: cycles of a layer from sizes and counts alone, before anything is scheduled.
import { defined, elementAt } from '../../base/defined.ts'
import { relayoutCycles, planRelayout } from './relayout-plan.ts'
import { sourcesOf, sumsPixels, type IntegerGraph, type IntegerLayer } from '../graph/integer.ts'
import { poolWindow } from './windows.ts'
import { termCount } from '../terms.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { bankBeatToWriteCycles, beatToWriteCycles, planeBeats, positionCycles } from '../../isa/timing.ts'
import { leastPartBeats } from '../../isa/weights/parts.ts'
import { areaOf, type PlacedMap } from './storage.ts'

/** Cycles of one image; only good to compare layouts of the same graph. */
export function modelCycles(graph: IntegerGraph, maps: ReadonlyMap<string, PlacedMap>, machine: Machine): number {
  return graph.layers.reduce((sum, layer) => sum + layerCycles(layer, maps, machine), 0)
}

/** Cycles of all positions, and those to begin and to end. */
export function layerCycles(layer: IntegerLayer, maps: ReadonlyMap<string, PlacedMap>, machine: Machine): number {
  if (layer.kind === 'maxPool') {
    const { patch, slots, planes } = defined(maps.get(layer.output.name))
    const beats = planeBeats(machine, poolWindow(layer), patch.width, areaOf(patch))
    return slots * planes * beats + bankBeatToWriteCycles
  }
  if (layer.kind === 'relayout') {
    const source = defined(maps.get(layer.source))
    return (
      relayoutCycles(planRelayout(layer, source, defined(maps.get(layer.output.name))), source, machine) +
      bankBeatToWriteCycles
    )
  }
  const overSource = layer.kind === 'logits' || sumsPixels(layer)
  const { patch } = defined(maps.get(overSource ? elementAt(sourcesOf(layer), 0).map : layer.output.name))
  return areaOf(patch) * layerCyclesAtPosition(layer, maps, machine) + beatToWriteCycles
}

/** Cycles of all row groups at one position: the products of a group spread evenly over rows and clusters. */
function layerCyclesAtPosition(
  layer: Exclude<IntegerLayer, { kind: 'maxPool' | 'relayout' }>,
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
): number {
  const { rows: U, clusters } = machine
  const sources = sourcesOf(layer)
  const factors = sources.map(({ map, weights }) => defined(maps.get(map)).planes * meanTerms(weights.value))
  const rows = layer.bias.length
  let cycles = 0
  for (let first = 0; first < rows; first += U) {
    const end = Math.min(rows, first + U)
    const products = sources.reduce(
      (sum, { weights }, at) => sum + (weights.rowStart[end]! - weights.rowStart[first]!) * factors[at]!,
      0,
    )
    cycles += positionCycles(machine, Math.max(leastPartBeats(machine), products / ((end - first) * clusters)))
  }
  return cycles
}

/** Number of weights whose terms are counted to estimate the mean. */
const sampleSize = 512

function meanTerms(values: Int32Array): number {
  const step = Math.max(1, Math.floor(values.length / sampleSize))
  let terms = 0
  let count = 0
  for (let at = 0; at < values.length; at += step, count++) terms += termCount(values[at]!)
  return count === 0 ? 0 : terms / count
}
