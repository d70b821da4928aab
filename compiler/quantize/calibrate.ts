// Calibration: the range of every map from a few inputs, and the code format that suits it.

import { DlpError } from '../../isa/error.ts'
import type { IntegerMap } from '../graph/integer.ts'
import type { Tensor } from '../graph/tensor.ts'
import { planEvaluator } from './evaluate-plan.ts'
import { Histogram } from './histogram.ts'
import type { FloatPlan } from './plan.ts'

/** The values of each map over all calibration inputs. */
export type Statistics = ReadonlyMap<string, Histogram>

/**
 * Runs the plan on the calibration inputs.
 *
 * @param inputs float tensors [1, channels, height, width]
 * @throws DlpError if there are none, one has another size, or a value is not finite
 */
export function calibrate(
  plan: FloatPlan,
  inputs: readonly Tensor[],
  progress?: (done: number, all: number) => void,
): Statistics {
  const { channels, height, width } = plan.input
  if (inputs.length === 0)
    throw new DlpError({ where: 'calibration', what: 'no inputs', allowed: 'at least one image', help: 'give some' })
  const evaluate = planEvaluator(plan)
  const statistics = new Map<string, Histogram>()
  for (const [index, input] of inputs.entries()) {
    const where = `calibration input ${index}`
    if (input.size !== channels * height * width)
      throw new DlpError({ where, what: `${input.size} values`, allowed: `[1, ${channels}, ${height}, ${width}]` })
    for (const [name, values] of evaluate(input.data)) {
      if (!values.every(Number.isFinite))
        throw new DlpError({ where, what: `a value of '${name}' is not finite`, help: 'check the model and the input' })
      const histogram = statistics.get(name) ?? new Histogram()
      statistics.set(name, histogram)
      histogram.add(values)
    }
    progress?.(index + 1, inputs.length)
  }
  return statistics
}

/** Fractions of the full range among which a 4-bit map's range is chosen. */
const fractions = Array.from({ length: 48 }, (_, i) => (i + 3) / 50)

/**
 * The codes of every map of the plan. The input has 8 bits and a zero point; maps without negative values are unsigned; others
 * are signed with zero point 0. An 8-bit map covers its whole range, a 4-bit one the range with the least noise. A pool's
 * output has the codes of its source.
 */
export function chooseMaps(plan: FloatPlan, statistics: Statistics, bits: 4 | 8): ReadonlyMap<string, IntegerMap> {
  const maps = new Map<string, IntegerMap>()
  maps.set(plan.input.name, { ...plan.input, ...inputCodes(statistics.get(plan.input.name)!) })
  for (const step of plan.steps) {
    if (step.kind === 'logits') continue
    const histogram = statistics.get(step.output.name)!
    if (step.kind === 'maxPool') {
      const { format, zeroPoint, scale } = maps.get(step.source)!
      maps.set(step.output.name, { ...step.output, format, zeroPoint, scale })
      continue
    }
    const signed = step.low < 0 && histogram.min < 0
    const top = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
    const range = Math.max(histogram.max, -histogram.min)
    const scale = bits === 8 ? range / top : quietest(histogram, range, signed ? -top - 1 : 0, top)
    const format = { bits, signed } as const
    maps.set(step.output.name, { ...step.output, format, zeroPoint: 0, scale: scale > 0 ? scale : 1 })
  }
  return maps
}

function inputCodes(histogram: Histogram): Pick<IntegerMap, 'format' | 'zeroPoint' | 'scale'> {
  const range = histogram.max - histogram.min
  const scale = range > 0 ? range / 255 : 1
  return { format: { bits: 8, signed: false }, zeroPoint: Math.round(-histogram.min / scale), scale }
}

function quietest(histogram: Histogram, range: number, low: number, high: number): number {
  let best = range / high
  let least = histogram.noise(best, low, high)
  for (const fraction of fractions) {
    const scale = (fraction * range) / high
    const noise = histogram.noise(scale, low, high)
    if (noise >= least) continue
    best = scale
    least = noise
  }
  return best
}
