// The reference evaluation of a plan in real numbers, pixel by pixel.

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

  for (const layer of plan.layers) {
    const result: number[] = []
    if (layer.kind === 'logits') {
      const { height, width } = maps.get(layer.source.map)!
      const isMean = layer.source.kernel[0] !== height || layer.source.kernel[1] !== width
      for (const [row, bias] of layer.bias.entries()) {
        let total = 0
        for (let y = 0; y < (isMean ? height : 1); y++)
          for (let x = 0; x < (isMean ? width : 1); x++) total += sum(layer.source, row, y, x)
        result.push(total / layer.pixels + bias)
      }
      values.set(layer.name, Float64Array.from(result))
      continue
    }
    if (layer.kind === 'linear' && layer.pixels !== undefined) {
      const { height, width } = maps.get(layer.sources[0]!.map)!
      const total = layer.bias.map((bias, row) => {
        let all = 0
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) all += sum(layer.sources[0]!, row, y, x)
        return Math.min(Math.max(all / layer.pixels! + bias, layer.low), layer.high)
      })
      maps.set(layer.output.name, layer.output)
      values.set(layer.output.name, total)
      continue
    }
    const { channels, height, width } = layer.output
    for (let channel = 0; channel < channels; channel++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          if (layer.kind === 'maxPool') {
            const map = maps.get(layer.source)!
            let most = -Infinity
            for (let ky = 0; ky < layer.kernel[0]; ky++)
              for (let kx = 0; kx < layer.kernel[1]; kx++) {
                const atY = y * layer.stride[0] + ky - layer.pads[0]
                const atX = x * layer.stride[1] + kx - layer.pads[1]
                if (atY < 0 || atX < 0 || atY >= map.height || atX >= map.width) continue
                most = Math.max(most, values.get(layer.source)![(channel * map.height + atY) * map.width + atX]!)
              }
            result.push(most)
            continue
          }
          const total = layer.sources.reduce((all, source) => all + sum(source, channel, y, x), layer.bias[channel]!)
          result.push(Math.min(Math.max(total, layer.low), layer.high))
        }
    maps.set(layer.output.name, layer.output)
    values.set(layer.output.name, Float64Array.from(result))
  }
  return values
}
