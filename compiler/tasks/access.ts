// What a task reads and writes in every memory that queues share. Order, signals and live ranges are all derived from these accesses.
import { sourceMaps, sourcesOf } from '../graph/integer.ts'
import { type PlacedMap, mapWords } from '../placement/storage.ts'
import { limitsOf, slotChannels } from '../../isa/model/machine.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { unreachable } from '../../base/error.ts'
import { type Area, endOf, wholeArea } from './input-chunks.ts'
import { blockOf, inputOf, type Plan, type Stripe, outputPositionsOf } from './plan.ts'
import type { ComputeTask, Task } from './task.ts'
import type { WeightLocation } from './weights.ts'

/** Memories and their units: words of every bank, beats, row groups, blocks, logits. The bus counts as a memory of one unit. */
export type TaskMemory = 'feature' | 'weights' | 'parameters' | 'table' | 'logits' | 'bus'

/** A range [first, end) of a memory. */
export interface Access {
  readonly memory: TaskMemory
  readonly kind: 'read' | 'write'
  readonly first: number
  readonly end: number
}

/** A plan with the weight memory of its run laid out. */
export interface RunPlan {
  readonly plan: Plan
  /** [row groups of all images of the run] where their weights are */
  readonly locations: readonly WeightLocation[]
}

/**
 * What a task reads and writes. The first task that writes a map of an image, or the logits, is counted as writing all of it: then one signal
 * suffices to report that the memory is free.
 */
export function accessesOf({ plan, locations }: RunPlan, task: Task): Access[] {
  const { machine, maps, graph } = plan
  switch (task.kind) {
    case 'parameters':
      return [access('parameters', 'write', 0, machine.parameterGroups)]
    case 'weights': {
      const { beat, beats } = elementAt(locations, task.group)
      const bus = task.behindInput === true ? [access('bus', 'read', 0, 1)] : []
      return [access('weights', 'write', beat, beat + beats), ...bus]
    }
    case 'table':
      return [tableAccess(task.stripe, 'write')]
    case 'layer':
      return [tableAccess(task.stripe, 'read')]
    case 'columns':
      return []
    case 'load': {
      const input = inputOf(plan)
      const bus = task.image === 0 ? [access('bus', 'write', 0, 1)] : []
      return [...areaAccesses(input, task.isFirst ? wholeArea(input) : task.area, 'write'), ...bus]
    }
    case 'compute':
      return computeAccesses({ plan, locations }, task)
    case 'pool':
    case 'relayout': {
      const { layer } = elementAt(plan.layers, task.stripe.layer)
      if (layer.kind !== 'maxPool' && layer.kind !== 'relayout')
        throw new Error(`layer '${layer.name}' is not a ${task.kind}`)
      const [source, output] = [defined(maps.get(layer.source)), defined(maps.get(layer.output.name))]
      return [tableAccess(task.stripe, 'read'), mapAccess(source, 'read'), mapAccess(output, 'write')]
    }
    case 'store':
      return [mapAccess(defined(maps.get(graph.output)), 'read')]
    case 'storeLogits':
      return [access('logits', 'read', task.first, task.first + task.count)]
    default:
      return unreachable(task)
  }
}

const access = (memory: TaskMemory, kind: Access['kind'], first: number, end: number): Access => ({
  memory,
  kind,
  first,
  end,
})

const tableAccess = (stripe: Stripe, kind: Access['kind']): Access =>
  access('table', kind, blockOf(stripe), blockOf(stripe) + 1)

const mapAccess = (placed: PlacedMap, kind: Access['kind']): Access =>
  access('feature', kind, placed.base, placed.base + mapWords(placed))

/** An area of every plane of a map: one access for the whole map, else one for each contiguous range. */
function areaAccesses(placed: PlacedMap, area: Area, kind: Access['kind']): Access[] {
  const { patch, base, planeStride, planes, slots } = placed
  if (area.rows === patch.height && area.columns === patch.width) return [mapAccess(placed, kind)]
  // Whole rows are contiguous.
  const [spans, length] = area.columns === patch.width ? [1, area.rows * area.columns] : [area.rows, area.columns]
  return Array.from({ length: slots * planes }, (_, plane) =>
    Array.from({ length: spans }, (__, span) => {
      const first = base + plane * planeStride + (area.firstRow + span) * patch.width + area.firstColumn
      return access('feature', kind, first, first + length)
    }),
  ).flat()
}

function computeAccesses({ plan, locations }: RunPlan, { stripe, group, ofImage, ofRun, area }: ComputeTask): Access[] {
  const { machine, maps, graph } = plan
  const { layer } = elementAt(plan.layers, stripe.layer)
  if (layer.kind !== 'linear' && layer.kind !== 'logits') throw new Error(`layer '${layer.name}' has no row groups`)
  const { beat, beats } = elementAt(locations, ofRun)
  const { written } = outputPositionsOf(plan, layer)
  const reads = sourceMaps(layer).flatMap((name) => {
    const placed = defined(maps.get(name))
    const isPart = area !== undefined && name === graph.input.name
    return isPart ? areaAccesses(placed, readArea(plan, stripe, placed, area), 'read') : [mapAccess(placed, 'read')]
  })
  const first = group * machine.rows
  const slots = machine.rows / slotChannels(machine)
  const result =
    written === undefined
      ? access(
          'logits',
          'write',
          group === 0 ? 0 : first,
          group === 0 ? limitsOf(machine).logitsWords : first + machine.rows,
        )
      : outputAccess(written, group * slots, slots)
  return [
    tableAccess(stripe, 'read'),
    access('weights', 'read', beat, beat + beats),
    access('parameters', 'read', ofImage, ofImage + 1),
    ...reads,
    result,
  ]
}

function outputAccess({ base, planes, planeStride }: PlacedMap, firstSlot: number, slots: number): Access {
  const slotWords = planes * planeStride
  return access('feature', 'write', base + firstSlot * slotWords, base + (firstSlot + slots) * slotWords)
}

/** The source's rows and columns, from the first, that a layer reads to compute an area of its positions. */
function readArea(plan: Plan, stripe: Stripe, { patch }: PlacedMap, area: Area): Area {
  const { layer } = elementAt(plan.layers, stripe.layer)
  const windows = sourcesOf(layer)
  const { placed } = outputPositionsOf(plan, layer as Parameters<typeof outputPositionsOf>[1])
  const end = (axis: 0 | 1, first: number, count: number, positions: number, size: number): number =>
    Math.max(
      ...windows.flatMap((window) =>
        Array.from({ length: count }, (_, i) => endOf(window, axis, (first + i) % positions, size)),
      ),
    )
  return {
    firstRow: 0,
    rows: end(0, area.firstRow, area.rows, placed.patch.height, patch.height),
    firstColumn: 0,
    columns: end(1, area.firstColumn, area.columns, placed.patch.width, patch.width),
  }
}
