// Calibration without data: seeded images, smooth enough that every layer has activations.
import { elementAt } from '../base/defined.ts'
import { normal, random } from '../base/random.ts'
import type { FloatGraph } from './graph/graph.ts'
import { tensorOf, type Tensor } from './graph/tensor.ts'

/** Waves of each channel, with direction, length and phase drawn for each. */
const waves = 6

/** `count` images [1, channels, height, width] of about zero mean and unit variance for the graph's input. */
export function seededImages(graph: FloatGraph, count = 8, seed = 1): Tensor[] {
  const [, channels = 1, height = 1, width = 1] = elementAt(graph.inputs, 0).shape
  return Array.from({ length: count }, (_, index) =>
    tensorOf('float32', seededImage(channels, height, width, seed * 1000 + index), [1, channels, height, width]),
  )
}

/** One image [channels × height × width]: a few plane waves and a little noise. */
export function seededImage(channels: number, height: number, width: number, seed: number): Float32Array {
  const uniform = random(seed)
  const image = new Float32Array(channels * height * width)
  for (let channel = 0; channel < channels; channel++) {
    const parts = Array.from({ length: waves }, () => ({
      y: (uniform() - 0.5) * 24,
      x: (uniform() - 0.5) * 24,
      phase: uniform() * 2 * Math.PI,
    }))
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let value = 0
        for (const part of parts) value += Math.sin((part.y * y) / height + (part.x * x) / width + part.phase)
        image[(channel * height + y) * width + x] = value / Math.sqrt(waves / 2) + 0.3 * normal(uniform)
      }
    }
  }
  return image
}
