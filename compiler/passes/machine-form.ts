// The form of a model that is lowered: canonical, with the machine's interface, and in the normal form of quantised graphs if it is quantised.

import type { FloatGraph } from '../graph/graph.ts'
import { RewriteHistory } from '../graph/history.ts'
import { machineInterface } from './machine-interface.ts'
import { isQuantised, normaliseForMachine } from './quantized/normalise.ts'
import { transposePasses, runPasses, simplify } from './simplify.ts'

const forms = new WeakMap<FloatGraph, FloatGraph>()

/**
 * The form of a model that was read. It is computed once, since both the compiler and the calibration inputs, which must match it, need it.
 * @throws DlpError as the passes do
 */
export function machineForm(read: FloatGraph): FloatGraph {
  let form = forms.get(read)
  if (form === undefined) {
    const recorded = { ...read, history: new RewriteHistory() }
    form = isQuantised(recorded) ? normaliseForMachine(recorded) : simplifyForMachine(recorded)
    forms.set(read, form)
  }
  return form
}

/** The interface is rewritten before the passes that take axis 1 as the channels, and again when the graph is canonical. */
function simplifyForMachine(read: FloatGraph): FloatGraph {
  const order = (graph: FloatGraph): FloatGraph => runPasses(graph, transposePasses)
  return machineInterface(simplify(machineInterface(order(read), order)))
}
