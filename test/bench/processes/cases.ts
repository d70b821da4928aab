// The cases that are measured: a model, a machine and the commands that run.

import { join } from 'node:path'

export interface Case {
  readonly name: string
  /** of examples/write-model.ts */
  readonly model: string
  readonly machine: 'tiny' | 'edge' | 'card'
  readonly density: number
  readonly steps: readonly StepName[]
  /** of one simulation */
  readonly images: number
  readonly rounds: number
  /** the model is quantised before, at the density */
  readonly quantised?: boolean
  /** only when it is selected by name */
  readonly onlyByName?: boolean
}

/** `recompile` finds every schedule in the cache, `change` all but those of one layer. */
export type StepName = 'quantize' | 'compile' | 'recompile' | 'change' | 'simulate' | 'rtl'

const both = ['compile', 'simulate'] as const
const againstRtl = ['simulate', 'rtl'] as const
const again = ['compile', 'recompile', 'change'] as const

export const cases: readonly Case[] = [
  { name: 'resnet8', model: 'resnet8', machine: 'edge', density: 0.25, steps: both, images: 1, rounds: 5 },
  { name: 'resnet18', model: 'resnet18', machine: 'card', density: 0.25, steps: both, images: 1, rounds: 3 },
  { name: 'resnet50', model: 'resnet50', machine: 'card', density: 0.2, steps: both, images: 1, rounds: 3 },
  { name: 'quantised18', model: 'resnet18', machine: 'card', density: 0.2, quantised: true, steps: again, images: 1, rounds: 3 },
  { name: 'quantised50', model: 'resnet50', machine: 'card', density: 0.2, quantised: true, steps: again, images: 1, rounds: 2 },
  { name: 'rtl', model: 'resnet8', machine: 'edge', density: 0.25, steps: againstRtl, images: 16, rounds: 3 },
  // Minutes long.
  { name: 'quantize', model: 'resnet18', machine: 'card', density: 0.25, steps: ['quantize'], images: 1, rounds: 1, onlyByName: true },
  // Its first build of the RTL takes minutes, each run most of one.
  { name: 'rtl-card', model: 'resnet18', machine: 'card', density: 0.25, steps: againstRtl, images: 1, rounds: 3, onlyByName: true },
] // prettier-ignore

/** Folder of the models and programs during a measurement, relative to the package. */
export const workFolder = join('build', 'bench')

/** The model that a case starts from. */
export function modelOf({ model, density, quantised }: Case): string {
  return join(workFolder, quantised === true ? `${model}-${density}.onnx` : `${model}.onnx`)
}

/** The same with the weights of one layer changed. */
export const changedModelOf = (each: Case): string => modelOf(each).replace(/\.onnx$/, '-changed.onnx')

/** Results of earlier compilations, and a copy that a changed model may add to. */
export const cacheFolder = join(workFolder, 'cache')
export const changedCacheFolder = join(workFolder, 'cache-changed')

/** As many inputs as `dlp quantize` would take. */
export const calibrationInputs = 32
export const inputsOf = ({ model }: Case): string => join(workFolder, `${model}-inputs.npy`)

/** The words of a step after `dlp`. */
export function wordsOf(each: Case, step: StepName): string[] {
  const program = join(workFolder, `${each.name}.dlp`)
  const density = ['--density', String(each.density)]
  if (step === 'quantize')
    return ['quantize', modelOf(each), '-o', join(workFolder, `${each.name}.onnx`), '--calibration', inputsOf(each), ...density, '--json'] // prettier-ignore
  if (step === 'compile' || step === 'recompile' || step === 'change') {
    const cache =
      step === 'compile' ? ['--no-cache'] : ['--cache', step === 'change' ? changedCacheFolder : cacheFolder]
    return ['compile', step === 'change' ? changedModelOf(each) : modelOf(each), '-o', program, '--machine', each.machine, ...(each.quantised === true ? [] : density), ...cache, '--json'] // prettier-ignore
  }
  const on = step === 'rtl' ? ['--on', 'rtl'] : []
  return ['simulate', program, ...(each.images === 1 ? [] : ['--images', String(each.images)]), ...on, '--json']
}
