// Early capacity checks: refuse a model that a machine cannot hold before time is spent on quantising or scheduling it.
import { defined } from '../base/defined.ts'
import type { IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from './graph/integer.ts'
import { foldInput } from './lower/space-to-depth.ts'
import type { FloatPlan, FloatSource, PlannedMap, FloatLayer } from './quantize/plan.ts'
import type { Shortage } from './capacity.ts'
import { isRefused, orThrow, type Refusal } from './refusal.ts'
import { checkPlacedFits, checkRowGroups } from './fit.ts'
import { withRemedies, type Configuration } from './remedies.ts'
import { givenMaps } from './quantize/given/maps.ts'
import type { KnownWeights } from './schedule/lower-bound.ts'
import { placeGraph, layoutStrategies, type LayoutStrategy } from './layout/place.ts'

/**
 * Checks whether a model fits a machine before its codes and weights are chosen, by laying out its maps.
 * @param outlined the plan with outlined rows: a float model is refused for reasons that do not depend on weights
 * @param whole the plan with all weights: for tables that only just fit, and for the layers of a quantised model
 * @param configuration without activation bits where the model defines them
 * @throws DlpError naming the layer with the windows or maps, or the memory, that exceed the machine, and what would fit
 */
export function checkPlanFits(
  outlined: FloatPlan,
  whole: () => FloatPlan,
  name: string,
  configuration: Configuration,
): void {
  let plan: FloatPlan | undefined
  const fewest = (other: Configuration): Refusal | undefined =>
    check(outline(outlined, other.activationBits, 'none'), other)
  const most = (other: Configuration): Refusal | undefined =>
    check(outline(outlined, other.activationBits, 'all'), other)
  const exact = (other: Configuration): Refusal | undefined =>
    check(outline((plan ??= whole()), other.activationBits, 'all'), other)
  // The layers of a quantised model depend on its weights, which determine which of its roundings can be left out.
  const isGiven = configuration.activationBits === undefined
  // A model that fits with all columns fits with fewer.
  const refusal =
    most(configuration) === undefined
      ? undefined
      : ((isGiven ? undefined : fewest(configuration)) ?? exact(configuration))
  orThrow(withRemedies(configuration, isGiven ? exact : most, outlined.layers.length, refusal))

  function check(graph: IntegerGraph, other: Configuration): Refusal | undefined {
    return checkGraphFits(graph, name, other, 'none')
  }
}

/** Refuses a graph that does not fit a machine, as far as this can be decided before channels are ordered, cuts are searched for and rows are scheduled. */
export function checkGraphFits(
  original: IntegerGraph,
  name: string,
  { machine, images, weightsIn }: Configuration,
  weights: KnownWeights,
): Refusal | undefined {
  const fit = { name, original, machine, images, weightsIn, weights }
  const { graph, factor } = foldInput(original, machine)
  const tooManyRows = checkRowGroups(graph, machine, name)
  if (tooManyRows !== undefined) return tooManyRows
  const placeBy = (allowed: readonly LayoutStrategy[]) =>
    placeGraph(graph, machine, allowed, images, (placed) => checkPlacedFits(placed, { ...fit, factor }))
  const refusals: Refusal[] = []
  // Any layout is sufficient here, and is found much faster than the best one. Cuts are searched for only where there is no layout without them.
  for (const strategy of layoutStrategies) {
    const placed = placeBy([{ ...strategy, cuts: false }])
    if (!isRefused(placed)) return undefined
    refusals.push(placed)
  }
  if (!refusals.some(({ shortage }) => shortage !== undefined && savedByCuts.has(shortage.capacity))) return refusals[0]
  const placed = placeBy(layoutStrategies)
  return isRefused(placed) ? placed : undefined
}

/** Capacities of which cuts, that is relayouts between patches, can reduce the use; they increase the use of all others. */
const savedByCuts: ReadonlySet<Shortage['capacity']> = new Set(['featureWords', 'lanes', 'table'])

/** Which columns of a layer's matrix an outline includes: those of the plan, or only those of shortcuts. */
type Columns = 'all' | 'none'

/**
 * An integer graph with the maps and windows of a plan, and placeholders for its numbers.
 * @param bits of all maps except the input; absent: those of their grids
 */
function outline(plan: FloatPlan, bits: 4 | 8 | undefined, columns: Columns): IntegerGraph {
  const given = bits === undefined ? givenMaps(plan) : undefined
  const maps = new Map<string, IntegerMap>()
  const add = (map: PlannedMap, width: 4 | 8): IntegerMap => {
    const codes = { format: { bits: width, signed: false }, zeroPoint: 0, scale: 1 }
    const full: IntegerMap = given?.get(map.name)?.map ?? { ...map, ...codes }
    maps.set(map.name, full)
    return full
  }
  const input = add(plan.input, 8)
  const layers = plan.layers.map((step) => outlineStep(step, (map) => add(map, bits ?? 8), maps, columns))
  return { name: plan.name, input, layers, output: plan.output }
}

function outlineStep(
  step: FloatLayer,
  add: (map: PlannedMap) => IntegerMap,
  maps: ReadonlyMap<string, IntegerMap>,
  columns: Columns,
): IntegerLayer {
  const bias = step.kind === 'maxPool' ? new Int32Array() : new Int32Array(step.bias.length)
  const outlineSource = (source: FloatSource): LinearSource => sourceOf(source, columns)
  switch (step.kind) {
    case 'linear':
      return {
        kind: 'linear',
        name: step.name,
        sources: step.sources.map(outlineSource),
        bias,
        multiplier: new Int16Array(bias.length),
        shift: new Uint8Array(bias.length),
        low: 0,
        high: 0,
        ...(step.pixels === undefined ? {} : { overPixels: true }),
        output: add(step.output),
      }
    case 'logits':
      return {
        kind: 'logits',
        name: step.name,
        source: outlineSource(step.source),
        bias,
        scale: new Float64Array(bias.length),
      }
    case 'maxPool':
      // A pool keeps the code format of its source.
      return {
        ...step,
        output: { ...add(step.output), format: defined(maps.get(step.source)).format },
      }
    default:
      return step satisfies never
  }
}

function sourceOf({ map, role, kernel, stride, pads, dilation, weights }: FloatSource, columns: Columns): LinearSource {
  const { rows, rowStart, column } = weights
  const isKept = columns === 'all' || role === 'residual'
  const own = isKept ? { rowStart, column } : { rowStart: new Int32Array(rows + 1), column: new Int32Array() }
  const value = new Int32Array(own.column.length).fill(1)
  return { map, role, kernel, stride, pads, dilation, weights: { rows, columns: weights.columns, ...own, value } }
}
