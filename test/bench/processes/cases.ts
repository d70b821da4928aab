// What is measured: each case is a model on a machine and the commands that run on it.

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
  /** only where it is asked for by name */
  readonly onlyByName?: boolean
}

export type StepName = 'compile' | 'simulate' | 'rtl'

const both = ['compile', 'simulate'] as const
const againstRtl = ['simulate', 'rtl'] as const

export const cases: readonly Case[] = [
  { name: 'resnet8', model: 'resnet8', machine: 'edge', density: 0.25, steps: both, images: 1, rounds: 5 },
  { name: 'resnet18', model: 'resnet18', machine: 'card', density: 0.25, steps: both, images: 1, rounds: 3 },
  { name: 'resnet50', model: 'resnet50', machine: 'card', density: 0.2, steps: both, images: 1, rounds: 3 },
  { name: 'rtl', model: 'resnet8', machine: 'edge', density: 0.25, steps: againstRtl, images: 16, rounds: 3 },
  // Its first build of the RTL takes minutes, each run most of one.
  { name: 'rtl-card', model: 'resnet18', machine: 'card', density: 0.25, steps: againstRtl, images: 1, rounds: 3, onlyByName: true },
] // prettier-ignore

/** Where models and programs lie meanwhile, relative to the package. */
export const workFolder = join('build', 'bench')

/** The words of a step after `dlp`. */
export function wordsOf(each: Case, step: StepName): string[] {
  const program = join(workFolder, `${each.name}.dlp`)
  if (step === 'compile')
    return ['compile', join(workFolder, `${each.model}.onnx`), '-o', program, '--machine', each.machine, '--density', String(each.density), '--json'] // prettier-ignore
  const on = step === 'rtl' ? ['--on', 'rtl'] : []
  return ['simulate', program, ...(each.images === 1 ? [] : ['--images', String(each.images)]), ...on, '--json']
}
