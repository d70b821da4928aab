// Room: refuses a model whose maps cannot lie in the machine's memory before any time is spent on quantising it.
import type { IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from '../graph/integer.ts'
import { foldInput } from '../lower/space-to-depth.ts'
import type { FloatPlan, FloatSource, PlannedMap, Step } from '../quantize/plan.ts'
import { DlpError } from '../../isa/error.ts'
import type { Machine } from '../../isa/machine.ts'
import { placeGraph, type Way, ways } from './place.ts'

/**
 * Plans the memory of a model whose codes are not chosen yet.
 * @param images of a run
 * @throws DlpError naming the layer whose windows or maps the machine cannot hold
 */
export function checkRoom(plan: FloatPlan, machine: Machine, activationBits: 4 | 8, images = 1): void {
  const { graph } = foldInput(outline(plan, activationBits), machine)
  // Whether there is any layout is known long before the best one: the search for cuts is for the graph with its numbers.
  if (ways.some((way) => holds(graph, machine, { ...way, cuts: false }, images))) return
  placeGraph(graph, machine, ways, images)
}

function holds(graph: IntegerGraph, machine: Machine, way: Way, images: number): boolean {
  try {
    placeGraph(graph, machine, [way], images)
    return true
  } catch (error) {
    if (error instanceof DlpError) return false
    throw error
  }
}

/** The integer graph of a plan without its numbers: maps and windows only. */
function outline(plan: FloatPlan, bits: 4 | 8): IntegerGraph {
  const maps = new Map<string, IntegerMap>()
  const add = (map: PlannedMap, width: 4 | 8): IntegerMap => {
    const full: IntegerMap = { ...map, format: { bits: width, signed: false }, zeroPoint: 0, scale: 1 }
    maps.set(map.name, full)
    return full
  }
  const input = add(plan.input, 8)
  const layers = plan.steps.map((step) => outlineStep(step, (map) => add(map, bits), maps))
  return { name: plan.name, input, layers, output: plan.output }
}

function outlineStep(
  step: Step,
  add: (map: PlannedMap) => IntegerMap,
  maps: ReadonlyMap<string, IntegerMap>,
): IntegerLayer {
  const bias = step.kind === 'maxPool' ? new Int32Array() : new Int32Array(step.bias.length)
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
      return { kind: 'logits', name: step.name, source: outlineSource(step.source), bias, scale: new Float64Array() }
    case 'maxPool':
      // A pool's codes are its source's.
      return {
        ...step,
        output: { ...add(step.output), format: maps.get(step.source)!.format },
      }
    default:
      return step satisfies never
  }
}

const outlineSource = ({ map, role, kernel, stride, pads, dilation, weights }: FloatSource): LinearSource => ({
  map,
  role,
  kernel,
  stride,
  pads,
  dilation,
  weights: {
    rows: weights.rows,
    columns: weights.columns,
    // Where weights are is known, and how many: what a layer costs follows from it.
    rowStart: weights.rowStart,
    column: weights.column,
    value: new Int32Array(weights.column.length).fill(1),
  },
})
