// Figures from the answers about pictures: accuracy, agreement, and equality with the oracle in every logit.

import type { ImageResult } from './answer-images.ts'

export interface Accuracy {
  readonly images: number
  readonly correct: number
  /** percent */
  readonly top1: number
}

/** How often the greatest logit is the label. @param logits [images][classes], real values or codes of one unit */
export function accuracyOf(logits: readonly ArrayLike<number>[], labels: readonly number[]): Accuracy {
  const correct = logits.filter((values, image) => argmax(values) === labels[image]).length
  return { images: logits.length, correct, top1: (100 * correct) / logits.length }
}

/** Images on which two networks name the same class. */
export function agreement(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  return a.filter((values, image) => argmax(values) === argmax(b[image]!)).length
}

/** Logits compared with the oracle's, and how many of them differ; a missing logit differs. */
export function againstOracle(answers: readonly ImageResult[]): {
  readonly logits: number
  readonly different: number
} {
  let logits = 0
  let different = 0
  for (const { oracle, program } of answers) {
    const count = Math.max(oracle.length, program.length)
    logits += count
    for (let i = 0; i < count; i++) if (oracle[i] !== program[i]) different++
  }
  return { logits, different }
}

/** Noise of the quantised logits against the float ones: Σ(q − f)² ÷ Σ(f − mean f)². */
export function relativeNoise(float: readonly ArrayLike<number>[], quantised: readonly ArrayLike<number>[]): number {
  let noise = 0
  let signal = 0
  for (const [image, values] of float.entries()) {
    const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
    for (let i = 0; i < values.length; i++) {
      noise += (quantised[image]![i]! - values[i]!) ** 2
      signal += (values[i]! - mean) ** 2
    }
  }
  return noise / signal
}

/** Logits as real values: code · scale. @param scales one, or one a logit */
export function realLogits(codes: ArrayLike<number>, scales: readonly number[]): number[] {
  return Array.from(codes, (code, i) => code * scales[scales.length === 1 ? 0 : i]!)
}

function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
