// What becomes of graphs on machines that may be too small for them, for the everyday tests and for the long one.
import { compileGraph, type BackendOptions } from '../../compiler/backend.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { DlpError } from '../../base/error.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { randomGraph } from '../support/integer-graphs.ts'

/** With room for every graph of a seed. */
export const roomy: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 4096 }
export const graphOfSeed = (seed: number): IntegerGraph =>
  randomGraph(seed, { mostChannels: 30, mostSide: 8, mostLayers: 4 })

/** What becomes of a graph: its program, or the refusal, and whether anything was scheduled before. */
export function outcome(graph: IntegerGraph, options: Partial<BackendOptions>) {
  const stages: string[] = []
  const progress = { stage: (name: string) => void stages.push(name), step: () => {}, done: () => {} }
  try {
    const { program } = compileGraph(graph, { name: 'model', machine: roomy, ...options, progress })
    return { program, scheduled: true }
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    return { refusal: error, scheduled: stages.length > 0 }
  }
}
