// Capacity checks of a placed graph, before it is scheduled: whether a machine can hold its program, by lower bounds that every schedule meets.
import { elementAt } from '../base/defined.ts'
import { capacities, scheduledBeats } from './capacity.ts'
import { checkOutline } from './emit/emit.ts'
import { sourcesOf, type IntegerGraph, type LinearLayer, type LogitsLayer } from './graph/integer.ts'
import type { PlacedGraph } from './layout/place.ts'
import { planesOf } from './placement/storage.ts'
import { layColumns } from './lower/columns.ts'
import { checkCapacity, firstRefusal, isRefused, type Refusal } from './refusal.ts'
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
 * Whether all weights are estimated to be resident, with some reserve, so that the weight memory affects no other decision. This is no proof: the
 * estimate counts the terms of the graph's weights, and layouts and schedules may need more beats. If they do not fit then, the graph is refused once it is laid out.
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
  const most = Math.min(machine.weightBeats, capacities.computeBeats.available())
  const all = beats.reduce((sum, count) => sum + count, 0)
  return beats.every((count) => scheduledBeats(count) <= most) && scheduledBeats(all) <= machine.weightBeats
}

/** The lower bound from lowered rows is seldom more than this many times the one from counting terms. */
const boundOverCount = 4

/** Refuses a graph with more row groups than the parameter memory holds, which no layout changes. */
export function checkRowGroups({ layers }: IntegerGraph, machine: Machine, name: string): Refusal | undefined {
  const groups = layers.reduce((sum, layer) => sum + ('bias' in layer ? groupsOf(layer.bias.length, machine) : 0), 0)
  return checkCapacity('parameterGroups', groups, machine, `model '${name}'`)
}

/** Refuses a placed graph whose program does not fit with any schedule, naming the layer or the memory. */
export function checkPlacedFits({ graph, maps }: PlacedGraph, options: FitOptions): Refusal | undefined {
  const { name, original, factor, machine, images, weightsIn, weights } = options
  const beats = graph.layers.map((layer) => ('bias' in layer ? lowerBoundBeats(layer, maps, machine, weights) : []))
  const all = total(beats)
  const isStreamed = weightsIn === 'streamed' || (weightsIn === undefined && all > machine.weightBeats)
  const tooMany =
    (weightsIn === 'resident' ? checkCapacity('residentBeats', all, machine, `model '${name}'`, true) : undefined) ??
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
    const groups = elementAt(beats, at).map((count) => ({
      ...emptyGroup,
      stream: { ...emptyGroup.stream, beats: count },
    }))
    layers.push({ layer, columns, groups, fromCache: false })
  }
  const plan: Plan = { name, original, graph, factor, machine, maps, layers, weightsIn: isStreamed ? 'streamed' : 'resident', images } // prettier-ignore
  if (!isStreamed || weights === 'none' || all > machine.weightBeats) return checkOutline(plan, false)
  const refusal = checkOutline(plan, true)
  if (refusal === undefined) return undefined
  const fits = fitsResident({ graph, maps }, machine, all)
  if (isRefused(fits)) return fits
  return fits ? refusal : checkOutline(plan, false)
}

/**
 * Whether all weights are expected to fit the weight memory: by counted terms where these are few, else by the bounds of lowered rows.
 * @param counted beats of all row groups, at least
 */
function fitsResident({ graph, maps }: PlacedGraph, machine: Machine, counted: number): boolean | Refusal {
  if (boundOverCount * counted <= machine.weightBeats) return true
  let sum = 0
  for (const layer of graph.layers) {
    const bounds = 'bias' in layer ? boundsOf(layer, maps, machine) : []
    if (isRefused(bounds)) return bounds
    sum += bounds.reduce((all, bound) => all + bound, 0)
  }
  return scheduledBeats(sum) <= machine.weightBeats
}

/**
 * [row groups] the lower bounds of a layer's beats. Computing them takes a part of the time of scheduling.
 * @param known [row groups] bounds that need not be computed
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
 * Refuses a graph whose lower bounds of beats exceed the weight memory, naming the layer, or the model where all weights must be resident. Bounds take
 * a part of the time of scheduling, so they are computed only where counted terms are not sufficient to decide.
 */
export function checkBeats(
  { graph, maps }: PlacedGraph,
  { name, machine, weightsIn }: Pick<FitOptions, 'name' | 'machine' | 'weightsIn'>,
): Refusal | undefined {
  const layers = graph.layers.flatMap((layer) => ('bias' in layer ? [layer] : []))
  const counted = layers.map((layer) => lowerBoundBeats(layer, maps, machine, 'in order'))
  const most = Math.min(machine.weightBeats, capacities.computeBeats.available())
  const isNear = (count: number, limit: number): boolean => count <= limit && boundOverCount * count > limit
  const needsAll = weightsIn === 'resident' && isNear(total(counted), machine.weightBeats)
  const beats: (readonly number[])[] = []
  for (const [at, layer] of layers.entries()) {
    const known = elementAt(counted, at).map((count) => (needsAll || isNear(count, most) ? undefined : count))
    const own = known.includes(undefined) ? boundsOf(layer, maps, machine, known) : elementAt(counted, at)
    if (isRefused(own)) return own
    beats.push(own)
  }
  return (
    (weightsIn === 'resident'
      ? checkCapacity('residentBeats', total(beats), machine, `model '${name}'`, true)
      : undefined) ?? checkGroups(layers, beats, machine)
  )
}

/** Refuses the first row group that has too many beats by itself. @param beats [layers][row groups] lower bounds */
const checkGroups = (
  layers: PlacedGraph['graph']['layers'],
  beats: readonly (readonly number[])[],
  machine: Machine,
): Refusal | undefined =>
  firstRefusal(layers.entries(), ([at, { name }]) =>
    firstRefusal(
      elementAt(beats, at),
      (count) =>
        checkCapacity('groupBeats', count, machine, `layer '${name}'`, true) ??
        checkCapacity('computeBeats', count, machine, `layer '${name}'`, true),
    ),
  )

const total = (beats: readonly (readonly number[])[]): number => beats.flat().reduce((sum, count) => sum + count, 0)

/** A row group without contents, as an outline needs it. */
const emptyGroup: MatrixLayer['groups'][number] = {
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
