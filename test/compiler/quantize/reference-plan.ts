// A plan evaluated in real numbers, pixel by pixel: what its layers mean, for comparison with the float graph.

import type { FloatPlan, FloatSource, PlannedMap } from '../../../compiler/quantize/plan.ts'

/** Every map's values and the logits, by name. */
export function referencePlan(plan: FloatPlan, input: ArrayLike<number>): Map<string, Float64Array> {
  const maps = new Map<string, PlannedMap>([[plan.input.name, plan.input]])
  const values = new Map<string, Float64Array>([[plan.input.name, Float64Array.from(input)]])

  function sum(
    { map, kernel, stride, pads, dilation, weights }: FloatSource,
    row: number,
    y: number,
    x: number,
  ): number {
    const { height, width } = maps.get(map)!
    const value = values.get(map)!
    let total = 0
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
      const tap = weights.column[i]! % (kernel[0] * kernel[1])
      const channel = (weights.column[i]! - tap) / (kernel[0] * kernel[1])
      const atY = y * stride[0] + Math.floor(tap / kernel[1]) * dilation[0] - pads[0]
      const atX = x * stride[1] + (tap % kernel[1]) * dilation[1] - pads[1]
      if (atY < 0 || atX < 0 || atY >= height || atX >= width) continue
      total += weights.value[i]! * value[(channel * height + atY) * width + atX]!
    }
    return total
  }

  for (const step of plan.steps) {
    const result: number[] = []
    if (step.kind === 'logits') {
      const { height, width } = maps.get(step.source.map)!
      const isMean = step.source.kernel[0] !== height || step.source.kernel[1] !== width
      for (const [row, bias] of step.bias.entries()) {
        let total = 0
        for (let y = 0; y < (isMean ? height : 1); y++)
          for (let x = 0; x < (isMean ? width : 1); x++) total += sum(step.source, row, y, x)
        result.push(total / step.pixels + bias)
      }
      values.set(step.name, Float64Array.from(result))
      continue
    }
    if (step.kind === 'linear' && step.pixels !== undefined) {
      const { height, width } = maps.get(step.sources[0]!.map)!
      const total = step.bias.map((bias, row) => {
        let all = 0
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) all += sum(step.sources[0]!, row, y, x)
        return Math.min(Math.max(all / step.pixels! + bias, step.low), step.high)
      })
      maps.set(step.output.name, step.output)
      values.set(step.output.name, total)
      continue
    }
    const { channels, height, width } = step.output
    for (let channel = 0; channel < channels; channel++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          if (step.kind === 'maxPool') {
            const map = maps.get(step.source)!
            let most = -Infinity
            for (let ky = 0; ky < step.kernel[0]; ky++)
              for (let kx = 0; kx < step.kernel[1]; kx++) {
                const atY = y * step.stride[0] + ky - step.pads[0]
                const atX = x * step.stride[1] + kx - step.pads[1]
                if (atY < 0 || atX < 0 || atY >= map.height || atX >= map.width) continue
                most = Math.max(most, values.get(step.source)![(channel * map.height + atY) * map.width + atX]!)
              }
            result.push(most)
            continue
          }
          const total = step.sources.reduce((all, source) => all + sum(source, channel, y, x), step.bias[channel]!)
          result.push(Math.min(Math.max(total, step.low), step.high))
        }
    maps.set(step.output.name, step.output)
    values.set(step.output.name, Float64Array.from(result))
  }
  return values
}
