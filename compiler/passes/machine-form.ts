// The form in which a model is lowered: simple, with the machine's interface, a quantised one with its grids.

import type { FloatGraph } from '../graph/graph.ts'
import { History } from '../graph/history.ts'
import { machineInterface } from './machine-interface.ts'
import { isQuantised, normaliseForMachine } from './quantized/normalise.ts'
import { orderPasses, runPasses, simplify } from './simplify.ts'

const made = new WeakMap<FloatGraph, FloatGraph>()

/**
 * The form of a model as it was read. Calibration inputs are cut to it before the compiler takes it: it is made once.
 * @throws DlpError as the passes do
 */
export function machineForm(read: FloatGraph): FloatGraph {
  let form = made.get(read)
  if (form === undefined) {
    // The history of each node is kept for this alternative alone.
    const noted = { ...read, history: new History() }
    form = isQuantised(noted) ? normaliseForMachine(noted) : simplifyForMachine(noted)
    made.set(read, form)
  }
  return form
}

/** The edges are looked at before the passes run that read axis 1 as the channels, and again when the graph is simple. */
function simplifyForMachine(read: FloatGraph): FloatGraph {
  const order = (graph: FloatGraph): FloatGraph => runPasses(graph, orderPasses)
  return machineInterface(simplify(machineInterface(order(read), order)))
}
