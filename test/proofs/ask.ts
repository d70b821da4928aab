// Runs a compiled network on pictures on all cores, and summarises its simulations.

import { elements } from '../../base/defined.ts'
import type { Compilation } from '../../compiler/compile.ts'
import type { Progress } from '../../compiler/progress.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { runOnAllCores } from '../../base/worker-pool.ts'
import type { ImageResult, Network, ImageRequest } from './answer-images.ts'
import { againstOracle } from './compare.ts'

/**
 * The results in the order of the requests.
 * @param model bytes of the ONNX file
 */
export function ask(
  model: Uint8Array,
  { program, graph }: Compilation,
  questions: readonly ImageRequest[],
  progress: Progress,
): Promise<ImageResult[]> {
  progress.stage('images', questions.length)
  const network: Network = { model, file: writeProgram(program), graph }
  const worker = new URL('answer-images.ts', import.meta.url)
  return runOnAllCores<Network, ImageRequest, ImageResult>(worker, network, questions, {
    onResult: () => progress.step(),
  })
}

/** A summary of simulations of one program on several images. */
export interface SimulationFigures {
  readonly images: number
  /** compared with the integer oracle */
  readonly logits: number
  readonly different: number
  readonly hazards: number
  readonly overflows: number
  readonly initCycles: number
  /** of one image, least and greatest over the images */
  readonly cycles: { readonly least: number; readonly greatest: number }
  readonly milliseconds: number
  readonly efficiency: { readonly image: number; readonly convolutions: number }
}

/** Summarises results; there must be at least one. */
export function simulationFigures(answers: readonly ImageResult[]): SimulationFigures {
  const cycles = answers.map(({ statistics }) => statistics.cycles)
  const [{ initCycles, statistics }] = elements(answers, 1)
  return {
    images: answers.length,
    ...againstOracle(answers),
    hazards: answers.reduce((sum, answer) => sum + answer.hazards, 0),
    overflows: answers.reduce((sum, answer) => sum + answer.overflows, 0),
    initCycles,
    cycles: { least: Math.min(...cycles), greatest: Math.max(...cycles) },
    milliseconds: statistics.milliseconds,
    efficiency: { image: statistics.efficiency, convolutions: statistics.convolution.efficiency },
  }
}

/** Whether the simulations equal the oracle and are independent of the picture in cycles, without hazards and overflows. */
export function simulationHolds(figures: SimulationFigures): boolean {
  const { logits, different, hazards, overflows, cycles } = figures
  return logits > 0 && different === 0 && hazards === 0 && overflows === 0 && cycles.least === cycles.greatest
}

/** The simulations in words. */
export function simulationLines(figures: SimulationFigures, clockMHz: number): string[] {
  const { images, logits, different, hazards, overflows, cycles, milliseconds, efficiency, initCycles } = figures
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  const { least, greatest } = cycles
  const range = least === greatest ? `${least}` : `${least} to ${greatest}`
  return [
    `simulator   ${images} images: ${different} of ${logits} logits differ from the integer oracle, ${hazards} hazards, ${overflows} overflows`,
    `latency     ${milliseconds.toFixed(3)} ms at ${clockMHz} MHz: ${range} cycles from doorbell to interrupt, after ${initCycles} once`,
    `efficiency  ${percent(efficiency.convolutions)} of the PEs over the convolution phases, ${percent(efficiency.image)} over the whole image`,
  ]
}
