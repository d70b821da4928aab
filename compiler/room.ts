// Room: refuses a model that a machine cannot hold before any time is spent on quantising or scheduling it.
import { defined } from '../base/defined.ts'
import type { IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from './graph/integer.ts'
import { foldInput } from './lower/space-to-depth.ts'
import type { FloatPlan, FloatSource, PlannedMap, FloatLayer } from './quantize/plan.ts'
import type { Lack } from './capacity.ts'
import { isRefused, orThrow, type Refusal } from './refusal.ts'
import { checkFit, checkRowGroups } from './fit.ts'
import { withRemedies, type Setting } from './remedies.ts'
import { givenMaps } from './quantize/given/maps.ts'
import type { KnownWeights } from './schedule/lower-bound.ts'
import { placeGraph, layoutStrategies, type LayoutStrategy } from './layout/place.ts'

/**
 * Lays out a model whose codes and weights are not chosen yet.
 * @param outlined the plan with `outline` rows: what a float model is refused for does not depend on weights
 * @param whole the plan with all weights, for what few columns of a table decide, and for which layers a quantised model has
 * @param setting without bits of the activations where the model gives them
 * @throws DlpError naming the layer whose windows or maps, or the memory that the machine has too little of, and what would fit
 */
export function checkRoom(outlined: FloatPlan, whole: () => FloatPlan, name: string, setting: Setting): void {
  let plan: FloatPlan | undefined
  const least = (other: Setting): Refusal | undefined => check(outline(outlined, other.activationBits, 'none'), other)
  const most = (other: Setting): Refusal | undefined => check(outline(outlined, other.activationBits, 'all'), other)
  const exact = (other: Setting): Refusal | undefined =>
    check(outline((plan ??= whole()), other.activationBits, 'all'), other)
  // Which layers a quantised model has depends on its weights: they decide which of its roundings can be left out.
  const isGiven = setting.activationBits === undefined
  // What holds with all columns holds with fewer.
  const refusal = most(setting) === undefined ? undefined : ((isGiven ? undefined : least(setting)) ?? exact(setting))
  orThrow(withRemedies(setting, isGiven ? exact : most, outlined.layers.length, refusal))

  function check(graph: IntegerGraph, other: Setting): Refusal | undefined {
    return checkRoomOf(graph, name, other, 'none')
  }
}

/** Whether a graph fits a machine, as far as that is known before channels are ordered, cuts are searched for and rows are scheduled. */
export function checkRoomOf(
  original: IntegerGraph,
  name: string,
  { machine, images, weightsIn }: Setting,
  weights: KnownWeights,
): Refusal | undefined {
  const fit = { name, original, machine, images, weightsIn, weights }
  const { graph, factor } = foldInput(original, machine)
  const tooManyRows = checkRowGroups(graph, machine, name)
  if (tooManyRows !== undefined) return tooManyRows
  const placeBy = (allowed: readonly LayoutStrategy[]) =>
    placeGraph(graph, machine, allowed, images, (placed) => checkFit(placed, { ...fit, factor }))
  const refusals: Refusal[] = []
  // Whether there is any layout is known long before the best one: the search for cuts is for where there is none without.
  for (const strategy of layoutStrategies) {
    const placed = placeBy([{ ...strategy, cuts: false }])
    if (!isRefused(placed)) return undefined
    refusals.push(placed)
  }
  if (!refusals.some(({ lack }) => lack !== undefined && savedByCuts.has(lack.capacity))) return refusals[0]
  const placed = placeBy(layoutStrategies)
  return isRefused(placed) ? placed : undefined
}

/** Relayouts between patches let maps be smaller; they need more of everything else. */
const savedByCuts: ReadonlySet<Lack['capacity']> = new Set(['featureWords', 'lanes', 'table'])

/** Which columns of a layer's matrix count: those of the plan, or none but of shortcuts. */
type Columns = 'all' | 'none'

/**
 * The integer graph of a plan without its numbers: maps and windows only.
 * @param bits of the maps but the input; absent: those of their grids
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
      // A pool's codes are its source's.
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
