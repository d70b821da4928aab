// The backend, which depends on the machine: compiles an integer graph to a program, one stage a line.
import { emit } from './emit/emit.ts'
import { checkImplementationLimits } from './emit/implementation-limits.ts'
import type { IntegerGraph } from './graph/integer.ts'
import { orderChannels } from './layout/channel-order.ts'
import { laneUse } from './layout/lane-use.ts'
import { placeGraph, type PlacedGraph, type LayoutStrategy } from './layout/place.ts'
import { checkGraphFits } from './early-fit.ts'
import { proveTotals } from './lower/totals.ts'
import { foldInput } from './lower/space-to-depth.ts'
import type { ParallelScheduler } from './schedule/parallel.ts'
import { scheduleLayers } from './schedule/layers.ts'
import type { Machine } from '../isa/model/machine.ts'
import type { Preprocessing, Program } from '../isa/program.ts'
import type { CompileCache } from './cache.ts'
import type { Shortage } from './capacity.ts'
import { checkBeats, checkPlacedFits, isResident } from './fit.ts'
import type { Progress } from './progress.ts'
import { checkCapacity, isRefused, orThrow, type Refusal } from './refusal.ts'
import { withRemedies, type Configuration } from './remedies.ts'
import type { Plan } from './tasks/plan.ts'
import { type OldGroups, oldGroups } from './update.ts'

export interface BackendOptions {
  readonly name: string
  readonly machine: Machine
  /** absent: resident where the weights fit */
  readonly weightsIn?: 'resident' | 'streamed'
  /** images of one run: the next image's input is loaded while an image is computed; absent: 1 */
  readonly images?: number
  readonly preprocessing?: Preprocessing
  /** whether `checkPlanFits` has accepted the graph without regard to its weights; what depends on weights is checked here in any case */
  readonly isFitChecked?: boolean
  /** the layout strategies to try, of which the cheapest is taken; absent: all */
  readonly layoutStrategies?: readonly LayoutStrategy[]
  /** An older program of the network: its schedules are kept where they are still valid. */
  readonly update?: Program
  /** Results of earlier compilations: the program is the same with and without. */
  readonly cache?: CompileCache
  /** Schedules row groups beside the compiler: the program is the same with and without. */
  readonly parallelScheduler?: ParallelScheduler
  readonly progress?: Progress
}

export interface BackendResult {
  readonly program: Program
  /** largest proven |cluster sum| over all layers as a share of the accumulator's range */
  readonly overflowBound: number
  /** [layers of an image] share of the lanes' positions that hold a pixel of the layer's map */
  readonly laneUse: readonly number[]
  /** row groups of each layer, and how many of them keep the older program's schedule; only with `update` */
  readonly kept?: readonly ReusedSchedules[]
  /** [layers with schedules] whether the schedules came from the cache; only with `cache` */
  readonly fromCache?: readonly boolean[]
}

/** How many schedules of a layer an update has kept. */
export interface ReusedSchedules {
  readonly name: string
  readonly groups: number
  readonly kept: number
}

/**
 * Compiles an integer graph for a machine.
 * @throws DlpError when the machine cannot hold or run it, naming the layer
 */
export function compileGraph(original: IntegerGraph, options: BackendOptions): BackendResult {
  const { name, machine, weightsIn, images = 1 } = options
  const configuration: Configuration = { machine, images, weightsIn }
  const check = (other: Configuration): Refusal | undefined => checkGraphFits(original, name, other, 'in any order')
  // The beats of a row group depend on the final order of the channels and the final layout; so does the number of LOADW instructions of streamed weights.
  const remedy = (other: Configuration, { capacity }: Shortage): Refusal | undefined => {
    const refusal = check(other)
    const isOfBeats = ofBeats.has(capacity) || (capacity === 'instructionWords' && other.weightsIn === 'streamed')
    if (refusal !== undefined || !isOfBeats) return refusal
    const laid = layOut(original, { ...options, ...other })
    return isRefused(laid) ? laid : undefined
  }
  const isUnchecked = options.isFitChecked !== true || !isResident(original, configuration)
  const found = (isUnchecked ? check(configuration) : undefined) ?? compileFitting(original, options)
  return orThrow(withRemedies(configuration, remedy, original.layers.length, found))
}

const ofBeats: ReadonlySet<Shortage['capacity']> = new Set(['groupBeats', 'residentBeats', 'computeBeats'])

/** The graph with its final order of channels and its final layout; refused where it does not fit. */
function layOut(
  original: IntegerGraph,
  { name, machine, weightsIn, images = 1, layoutStrategies, cache }: BackendOptions,
): (PlacedGraph & { readonly factor: number }) | Refusal {
  const { graph: folded, factor } = foldInput(original, machine)
  const fit = { name, original, factor, machine, images, weightsIn, weights: 'in order' } as const
  const ordered = orderChannels(folded, machine, cache)
  const placed = placeGraph(ordered, machine, layoutStrategies, images, (each) => checkPlacedFits(each, fit))
  if (isRefused(placed)) return placed
  const { graph, maps } = placed
  return checkBeats(placed, fit) ?? { graph, maps, factor }
}

/** Compiles a graph that the checks before layout and scheduling have accepted. */
function compileFitting(original: IntegerGraph, options: BackendOptions): BackendResult | Refusal {
  const { machine, cache } = options
  const planned = planGraph(original, options)
  if (isRefused(planned)) return planned
  const { plan, old } = planned
  const { graph, maps, layers } = plan
  const overflowBound = layers.reduce(
    (most, each) => ('groups' in each ? Math.max(most, ...each.groups.map((group) => group.overflowBound)) : most),
    0,
  )
  const program = emit(plan)
  if (isRefused(program)) return program
  const refusal = checkImplementationLimits(program, (at) => ({ bytes: program.constants, at }))
  if (refusal !== undefined) return refusal
  const kept = layers.flatMap((each): ReusedSchedules[] =>
    'groups' in each
      ? [{ name: each.layer.name, groups: each.groups.length, kept: each.groups.filter(({ reused }) => reused).length }]
      : [],
  )
  return {
    program,
    overflowBound,
    laneUse: graph.layers.map((layer) => laneUse(layer, maps, machine)),
    ...(old === undefined ? {} : { kept }),
    ...(cache === undefined ? {} : { fromCache: layers.flatMap((each) => ('groups' in each ? [each.fromCache] : [])) }),
  }
}

/**
 * Lays a graph out and schedules it; `emit` makes a program of the plan. Refused where a capacity of the machine is exceeded.
 * @throws DlpError if its sums can overflow, or the older program was compiled for another machine
 */
export function planGraph(
  original: IntegerGraph,
  options: BackendOptions,
): { readonly plan: Plan; readonly old?: OldGroups } | Refusal {
  const { name, machine, weightsIn, images = 1, preprocessing, update, cache, parallelScheduler, progress } = options
  const laid = layOut(original, options)
  if (isRefused(laid)) return laid
  const { graph, maps, factor } = laid
  const integerMaps = new Map([...maps].map(([map, placed]) => [map, placed.map]))
  for (const layer of graph.layers) if ('bias' in layer) proveTotals(layer, integerMaps)
  const old = update === undefined ? undefined : oldGroups(update, machine)
  const groupsIn = (rows: number): number => Math.ceil(rows / machine.rows)
  const total = graph.layers.reduce((sum, layer) => sum + ('bias' in layer ? groupsIn(layer.bias.length) : 0), 0)
  progress?.stage('schedule', total)
  const onGroups = (count: number): void => progress?.step(count)
  const layers = scheduleLayers(graph.layers, maps, machine, { old, cache, parallelScheduler, onGroups })
  progress?.done()
  const beats = layers.reduce(
    (sum, layer) => sum + ('groups' in layer ? layer.groups.reduce((all, { stream }) => all + stream.beats, 0) : 0),
    0,
  )
  const where = weightsIn ?? (beats <= machine.weightBeats ? 'resident' : 'streamed')
  const refusal = where === 'resident' ? checkCapacity('residentBeats', beats, machine, `model '${name}'`) : undefined
  if (refusal !== undefined) return refusal
  return {
    plan: { name, original, graph, factor, machine, maps, layers, weightsIn: where, images, preprocessing, cache },
    old,
  }
}
