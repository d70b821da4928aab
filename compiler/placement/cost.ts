// What a layer costs, by a model: cycles from sizes and counts alone, before anything is scheduled.
import { defined, elementAt } from '../../base/defined.ts'
import { copyCycles, planCopy } from './copy-plan.ts'
import { sourcesOf, sumsPixels, type IntegerGraph, type IntegerLayer } from '../graph/integer.ts'
import { poolWindow } from './windows.ts'
import { termCount } from '../terms.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { bankBeatToWriteCycles, beatToWriteCycles, planeBeats, positionCycles } from '../../isa/timing.ts'
import { leastPartBeats } from '../../isa/weights/parts.ts'
import { areaOf, type PlacedMap } from './storage.ts'

/** Cycles of one image: no more than a means to compare layouts of the same graph. */
export function modelCycles(graph: IntegerGraph, maps: ReadonlyMap<string, PlacedMap>, machine: Machine): number {
  return graph.layers.reduce((sum, layer) => sum + layerCycles(layer, maps, machine), 0)
}

/** Positions times their cycles, and what it takes to begin and to end. */
export function layerCycles(layer: IntegerLayer, maps: ReadonlyMap<string, PlacedMap>, machine: Machine): number {
  if (layer.kind === 'maxPool') {
    const { patch, slots, planes } = defined(maps.get(layer.output.name))
    const beats = planeBeats(machine, poolWindow(layer), patch.width, areaOf(patch))
    return slots * planes * beats + bankBeatToWriteCycles
  }
  if (layer.kind === 'copy') {
    const source = defined(maps.get(layer.source))
    return (
      copyCycles(planCopy(layer, source, defined(maps.get(layer.output.name))), source, machine) + bankBeatToWriteCycles
    )
  }
  const isRead = layer.kind === 'logits' || sumsPixels(layer)
  const walked = defined(maps.get(isRead ? elementAt(sourcesOf(layer), 0).map : layer.output.name))
  return areaOf(walked.patch) * layerCyclesAtPosition(layer, maps, machine) + beatToWriteCycles
}

/** Cycles of all row groups at one position: the products of a group spread evenly over rows and clusters. */
function layerCyclesAtPosition(
  layer: Exclude<IntegerLayer, { kind: 'maxPool' | 'copy' }>,
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

/** Weights whose terms are counted. */
const sample = 512

function meanTerms(values: Int32Array): number {
  const step = Math.max(1, Math.floor(values.length / sample))
  let terms = 0
  let count = 0
  for (let at = 0; at < values.length; at += step, count++) terms += termCount(values[at]!)
  return count === 0 ? 0 : terms / count
}
