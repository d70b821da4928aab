// Fit: whether a machine can hold the program of a placed graph, by what every schedule of it takes.
import { capacities, demand, scheduledBeats } from './capacity.ts'
import { checkOutline } from './emit/emit.ts'
import { sourcesOf, type IntegerGraph, type LinearLayer, type LogitsLayer } from './graph/integer.ts'
import type { PlacedGraph } from './layout/place.ts'
import { planesOf } from './placement/storage.ts'
import { layColumns } from './lower/columns.ts'
import { boundOfRows, jobOf } from './schedule/layer.ts'
import { leastBeats, type KnownWeights } from './schedule/least-beats.ts'
import type { MatrixLayer, ScheduledLayer } from './schedule/layers.ts'
import type { Plan } from './tasks/plan.ts'
import type { Machine } from '../isa/model/machine.ts'

export interface FitOptions extends Pick<Plan, 'name' | 'original' | 'factor' | 'machine' | 'images'> {
  readonly weightsIn?: 'resident' | 'streamed'
  readonly weights: KnownWeights
}

/**
 * Whether all weights are resident by their counts, with some room to spare, so that they decide nothing else. That is no proof: what is counted is the
 * graph as it is given, and layouts and schedules may take more. A graph that does not fit then is refused once it is laid out.
 */
export function isResident(
  graph: IntegerGraph,
  { machine, weightsIn }: Pick<FitOptions, 'machine' | 'weightsIn'>,
): boolean {
  if (weightsIn === 'streamed') return false
  const maps = new Map(
    [graph.input, ...graph.layers.flatMap((layer) => ('output' in layer ? [layer.output] : []))].map((map) => [
      map.name,
      { planes: planesOf(map) },
    ]),
  )
  const beats = graph.layers.flatMap((layer) =>
    'bias' in layer ? leastBeats(layer, maps, machine, 'in any order') : [],
  )
  const most = Math.min(machine.weightBeats, capacities.computeBeats.room())
  const all = beats.reduce((sum, count) => sum + count, 0)
  return beats.every((count) => scheduledBeats(count) <= most) && scheduledBeats(all) <= machine.weightBeats
}

/** What is counted is seldom less than this share of the bound that lowering a row group gives. */
const nearShare = 4

/** Refuses more rows than there are parameters for: that depends on no layout. @throws CapacityError */
export function checkRowGroups({ layers }: IntegerGraph, machine: Machine, name: string): void {
  const groups = layers.reduce((sum, layer) => sum + ('bias' in layer ? groupsOf(layer.bias.length, machine) : 0), 0)
  demand('parameterGroups', groups, machine, `model '${name}'`)
}

/**
 * Refuses a placed graph whose program does not fit, however it is scheduled.
 * @throws DlpError naming the layer or the memory
 */
export function checkFit({ graph, maps }: PlacedGraph, options: FitOptions): void {
  const { name, original, factor, machine, images, weightsIn, weights } = options
  const where = `model '${name}'`
  const beats = graph.layers.map((layer) => ('bias' in layer ? leastBeats(layer, maps, machine, weights) : []))
  const all = beats.flat().reduce((sum, count) => sum + count, 0)
  if (weightsIn === 'resident') demand('residentBeats', all, machine, where, true)
  const isStreamed = weightsIn === 'streamed' || (weightsIn === undefined && all > machine.weightBeats)
  graph.layers.forEach(({ name: layer }, at) => beats[at]!.forEach((count) => demandGroup(count, layer, machine)))
  const layers = graph.layers.map((layer, at): ScheduledLayer => {
    if (!('bias' in layer)) return { layer }
    const columns = layColumns(layer.name, sourcesOf(layer), maps, machine)
    const groups = beats[at]!.map((count) => ({ ...nothing, stream: { ...nothing.stream, beats: count } }))
    return { layer, columns, groups, fromCache: false }
  })
  const plan: Plan = { name, original, graph, factor, machine, maps, layers, weightsIn: isStreamed ? 'streamed' : 'resident', images } // prettier-ignore
  if (!isStreamed || weights === 'none' || all > machine.weightBeats) return checkOutline(plan, false)
  try {
    checkOutline(plan, true)
  } catch (refusal) {
    if (haveRoom({ graph, maps }, machine, all)) throw refusal
    checkOutline(plan, false)
  }
}

/**
 * Whether all weights fit the weight memory: by their bounds where their count is not far below it.
 * @param counted beats of all row groups, at least
 */
function haveRoom({ graph, maps }: PlacedGraph, machine: Machine, counted: number): boolean {
  if (nearShare * counted <= machine.weightBeats) return true
  const bounds = graph.layers.flatMap((layer) => ('bias' in layer ? boundsOf(layer, maps, machine) : []))
  return scheduledBeats(bounds.reduce((sum, bound) => sum + bound, 0)) <= machine.weightBeats
}

/** [row groups] the beats that no schedule falls below, which takes a part of the time of scheduling. */
function boundsOf(layer: LinearLayer | LogitsLayer, maps: PlacedGraph['maps'], machine: Machine): number[] {
  const job = jobOf(layer, maps, machine, 0)
  return Array.from({ length: job.groups }, (_, group) => boundOfRows(job, group))
}

/**
 * Refuses beats that exceed the weight memory by their bounds, which takes a part of the time of scheduling: asked only where counting the
 * weights leaves it open.
 * @throws CapacityError naming the layer, or the model where all weights are to be resident
 */
export function checkBeats(
  { graph, maps }: PlacedGraph,
  { name, machine, weightsIn }: Pick<FitOptions, 'name' | 'machine' | 'weightsIn'>,
): void {
  const layers = graph.layers.flatMap((layer) => ('bias' in layer ? [layer] : []))
  const counted = layers.map((layer) => leastBeats(layer, maps, machine, 'in order'))
  const total = (beats: readonly (readonly number[])[]): number => beats.flat().reduce((sum, count) => sum + count, 0)
  const most = Math.min(machine.weightBeats, capacities.computeBeats.room())
  const isNear = (count: number, limit: number): boolean => count <= limit && nearShare * count > limit
  const wantsAll = weightsIn === 'resident' && isNear(total(counted), machine.weightBeats)
  const beats = layers.map((layer, at) => {
    if (!wantsAll && !counted[at]!.some((count) => isNear(count, most))) return counted[at]!
    const job = jobOf(layer, maps, machine, 0)
    return counted[at]!.map((count, group) => (wantsAll || isNear(count, most) ? boundOfRows(job, group) : count))
  })
  if (weightsIn === 'resident') demand('residentBeats', total(beats), machine, `model '${name}'`, true)
  layers.forEach((layer, at) => {
    for (const count of beats[at]!) demandGroup(count, layer.name, machine)
  })
}

function demandGroup(beats: number, layer: string, machine: Machine): void {
  demand('groupBeats', beats, machine, `layer '${layer}'`, true)
  demand('computeBeats', beats, machine, `layer '${layer}'`, true)
}

/** A row group of which nothing is known. */
const nothing: MatrixLayer['groups'][number] = {
  stream: {
    beats: 0,
    values: new Int8Array(),
    selects: new Uint8Array(),
    ids: new Uint8Array(),
    flags: new Uint8Array(),
  },
  boundBeats: 0,
  phases: 0,
  overflowBound: 0,
  reused: false,
}

const groupsOf = (rows: number, machine: Machine): number => Math.ceil(rows / machine.rows)
