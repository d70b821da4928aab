// Fit: whether a machine can hold the program of a placed graph, by what every schedule of it takes.
import { elementAt } from '../base/defined.ts'
import { capacities, scheduledBeats } from './capacity.ts'
import { checkOutline } from './emit/emit.ts'
import { sourcesOf, type IntegerGraph, type LinearLayer, type LogitsLayer } from './graph/integer.ts'
import type { PlacedGraph } from './layout/place.ts'
import { planesOf } from './placement/storage.ts'
import { layColumns } from './lower/columns.ts'
import { demand, firstRefusal, isRefused, type Refusal } from './refusal.ts'
import { lowerBoundOfRows, jobOf } from './schedule/layer.ts'
import { lowerBoundBeats, type KnownWeights } from './schedule/lower-bound.ts'
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
    'bias' in layer ? lowerBoundBeats(layer, maps, machine, 'in any order') : [],
  )
  const most = Math.min(machine.weightBeats, capacities.computeBeats.room())
  const all = beats.reduce((sum, count) => sum + count, 0)
  return beats.every((count) => scheduledBeats(count) <= most) && scheduledBeats(all) <= machine.weightBeats
}

/** What is counted is seldom less than this share of the bound that lowering a row group gives. */
const nearShare = 4

/** Refuses more rows than there are parameters for: that depends on no layout. */
export function checkRowGroups({ layers }: IntegerGraph, machine: Machine, name: string): Refusal | undefined {
  const groups = layers.reduce((sum, layer) => sum + ('bias' in layer ? groupsOf(layer.bias.length, machine) : 0), 0)
  return demand('parameterGroups', groups, machine, `model '${name}'`)
}

/** Refuses a placed graph whose program does not fit, however it is scheduled, naming the layer or the memory. */
export function checkFit({ graph, maps }: PlacedGraph, options: FitOptions): Refusal | undefined {
  const { name, original, factor, machine, images, weightsIn, weights } = options
  const beats = graph.layers.map((layer) => ('bias' in layer ? lowerBoundBeats(layer, maps, machine, weights) : []))
  const all = total(beats)
  const isStreamed = weightsIn === 'streamed' || (weightsIn === undefined && all > machine.weightBeats)
  const tooMany =
    (weightsIn === 'resident' ? demand('residentBeats', all, machine, `model '${name}'`, true) : undefined) ??
    checkGroups(graph.layers, beats, machine)
  if (tooMany !== undefined) return tooMany
  const layers: ScheduledLayer[] = []
  for (const [at, layer] of graph.layers.entries()) {
    if (!('bias' in layer)) {
      layers.push({ layer })
      continue
    }
    const columns = layColumns(layer.name, sourcesOf(layer), maps, machine)
    if (isRefused(columns)) return columns
    const groups = elementAt(beats, at).map((count) => ({ ...nothing, stream: { ...nothing.stream, beats: count } }))
    layers.push({ layer, columns, groups, fromCache: false })
  }
  const plan: Plan = { name, original, graph, factor, machine, maps, layers, weightsIn: isStreamed ? 'streamed' : 'resident', images } // prettier-ignore
  if (!isStreamed || weights === 'none' || all > machine.weightBeats) return checkOutline(plan, false)
  const refusal = checkOutline(plan, true)
  if (refusal === undefined) return undefined
  const isRoomy = haveRoom({ graph, maps }, machine, all)
  if (isRefused(isRoomy)) return isRoomy
  return isRoomy ? refusal : checkOutline(plan, false)
}

/**
 * Whether all weights fit the weight memory: by their bounds where their count is not far below it.
 * @param counted beats of all row groups, at least
 */
function haveRoom({ graph, maps }: PlacedGraph, machine: Machine, counted: number): boolean | Refusal {
  if (nearShare * counted <= machine.weightBeats) return true
  let sum = 0
  for (const layer of graph.layers) {
    const bounds = 'bias' in layer ? boundsOf(layer, maps, machine) : []
    if (isRefused(bounds)) return bounds
    sum += bounds.reduce((all, bound) => all + bound, 0)
  }
  return scheduledBeats(sum) <= machine.weightBeats
}

/**
 * [row groups] the beats that no schedule falls below, which takes a part of the time of scheduling.
 * @param known [row groups] those that are known already
 */
function boundsOf(
  layer: LinearLayer | LogitsLayer,
  maps: PlacedGraph['maps'],
  machine: Machine,
  known: readonly (number | undefined)[] = [],
): number[] | Refusal {
  const job = jobOf(layer, maps, machine, 0)
  if (isRefused(job)) return job
  const bounds: number[] = []
  for (let group = 0; group < job.groups; group++) {
    const bound = known[group] ?? lowerBoundOfRows(job, group)
    if (isRefused(bound)) return bound
    bounds.push(bound)
  }
  return bounds
}

/**
 * Refuses beats that exceed the weight memory by their bounds, which takes a part of the time of scheduling: asked only where counting the
 * weights leaves it open. Names the layer, or the model where all weights are to be resident.
 */
export function checkBeats(
  { graph, maps }: PlacedGraph,
  { name, machine, weightsIn }: Pick<FitOptions, 'name' | 'machine' | 'weightsIn'>,
): Refusal | undefined {
  const layers = graph.layers.flatMap((layer) => ('bias' in layer ? [layer] : []))
  const counted = layers.map((layer) => lowerBoundBeats(layer, maps, machine, 'in order'))
  const most = Math.min(machine.weightBeats, capacities.computeBeats.room())
  const isNear = (count: number, limit: number): boolean => count <= limit && nearShare * count > limit
  const countsAll = weightsIn === 'resident' && isNear(total(counted), machine.weightBeats)
  const beats: (readonly number[])[] = []
  for (const [at, layer] of layers.entries()) {
    const known = elementAt(counted, at).map((count) => (countsAll || isNear(count, most) ? undefined : count))
    const own = known.includes(undefined) ? boundsOf(layer, maps, machine, known) : elementAt(counted, at)
    if (isRefused(own)) return own
    beats.push(own)
  }
  return (
    (weightsIn === 'resident' ? demand('residentBeats', total(beats), machine, `model '${name}'`, true) : undefined) ??
    checkGroups(layers, beats, machine)
  )
}

/** Refuses the first row group that is too long by itself. @param beats [layers][row groups] at least */
const checkGroups = (
  layers: PlacedGraph['graph']['layers'],
  beats: readonly (readonly number[])[],
  machine: Machine,
): Refusal | undefined =>
  firstRefusal(layers.entries(), ([at, { name }]) =>
    firstRefusal(
      elementAt(beats, at),
      (count) =>
        demand('groupBeats', count, machine, `layer '${name}'`, true) ??
        demand('computeBeats', count, machine, `layer '${name}'`, true),
    ),
  )

const total = (beats: readonly (readonly number[])[]): number => beats.flat().reduce((sum, count) => sum + count, 0)

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
  phaseCount: 0,
  overflowBound: 0,
  reused: false,
}

const groupsOf = (rows: number, machine: Machine): number => Math.ceil(rows / machine.rows)
