// The recorded results of a case, and their comparison with another run.

import type { Case, StepName } from './cases.ts'
import type { Usage } from './measure.ts'

export interface StepResult {
  readonly name: StepName
  readonly command: string
  readonly runs: readonly Usage[]
  readonly median: Usage
  /** cycles of one run of infer; of a simulation */
  readonly cycles?: number
  /** cycles of all images for each second of CPU, process start and init included; of a simulation */
  readonly cyclesPerCpuSecond?: number
}

export interface CaseResult {
  readonly bench: string
  readonly date: string
  readonly machine: Readonly<Record<string, unknown>>
  readonly case: Omit<Case, 'name' | 'onlyByName'>
  readonly steps: readonly StepResult[]
  /** CPU of the RTL in Verilator ÷ that of the simulator, on the same program in the same rounds */
  readonly rtlOverSimulator?: number
}

/** Ratios of a step's figures to the recorded ones; above 1 is worse. */
export interface StepComparison {
  readonly step: string
  readonly cpu: number
  readonly wall: number
  readonly peak: number
  /** undefined where the step counts none */
  readonly cycles: number | undefined
  readonly isRegression: boolean
}

/** CPU time above this ratio is a regression: the same process varies by about a tenth on a busy machine. */
export const regressionRatio = 1.25

/** Ratios of each step that both have. */
export function compareResults(recorded: CaseResult, now: CaseResult, limit = regressionRatio): StepComparison[] {
  return now.steps.flatMap((step): StepComparison[] => {
    const old = recorded.steps.find(({ name }) => name === step.name)
    if (old === undefined) return []
    const cpu = step.median.cpuSeconds / old.median.cpuSeconds
    const cycles = step.cycles === undefined || old.cycles === undefined ? undefined : step.cycles / old.cycles
    return [
      {
        step: `${now.bench} ${step.name}`,
        cpu,
        wall: step.median.wallSeconds / old.median.wallSeconds,
        peak: step.median.peakMiB / old.median.peakMiB,
        cycles,
        isRegression: cpu > limit,
      },
    ]
  })
}
