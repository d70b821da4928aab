// Calibration: the distribution of every map's values over a few inputs, and from it the format, scale and zero point of its codes.

import { codeRange } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { IntegerMap } from '../graph/integer.ts'
import type { Tensor } from '../graph/tensor.ts'
import { planEvaluator } from './evaluate-plan.ts'
import { Histogram } from './histogram.ts'
import type { FloatPlan, FloatLinearLayer } from './plan.ts'
import { scaleGroups } from './scale-groups.ts'

/** A histogram of each map's values over all calibration inputs. */
export type Statistics = ReadonlyMap<string, Histogram>

/**
 * Evaluates the plan on the calibration inputs.
 *
 * @param inputs float tensors [1, channels, height, width]
 * @param observe called with the values of every map, input by input
 * @throws DlpError if there are none, one has another size, or a value is not finite in float32
 */
export function calibrate(
  plan: FloatPlan,
  inputs: readonly Tensor[],
  progress?: (done: number, all: number) => void,
  observe?: (name: string, values: Float64Array) => void,
): Statistics {
  const { channels, height, width } = plan.input
  if (inputs.length === 0)
    throw new DlpError({ where: 'calibration', what: 'no inputs', allowed: 'at least one image', help: 'give some' })
  const evaluate = planEvaluator(plan)
  const statistics = new Map<string, Histogram>()
  const nodes = new Map(
    plan.layers.map((layer) => [layer.kind === 'logits' ? layer.name : layer.output.name, `node '${layer.name}'`]),
  )
  for (const [index, input] of inputs.entries()) {
    const where = `calibration input ${index}`
    if (input.size !== channels * height * width)
      throw new DlpError({ where, what: `${input.size} values`, allowed: `[1, ${channels}, ${height}, ${width}]` })
    evaluate(input.data, (name, values) => {
      observe?.(name, values)
      const invalid = values.find((value) => !Number.isFinite(Math.fround(value)))
      if (invalid !== undefined)
        throw new DlpError({
          where: `${nodes.get(name) ?? `input '${name}'`}, ${where}`,
          what: `a value of '${name}' is ${invalid}`,
          allowed: 'finite values of float32, below 3.4 · 10^38',
          help: 'check the weights and the input',
        })
      const histogram = statistics.get(name) ?? new Histogram()
      statistics.set(name, histogram)
      histogram.add(values)
    })
    progress?.(index + 1, inputs.length)
  }
  return statistics
}

/** Fractions of the full range that are tried for the scale of least error. */
const fractions = Array.from({ length: 48 }, (_, i) => (i + 3) / 50)

/** The range that a map's codes cover: all values, the range of least squared error, or that of a share of the values by magnitude. */
export type RangeChoice = 'whole' | 'least error' | { readonly share: number }

/**
 * The codes of every map of the plan. The input has 8 bits and a zero point; maps without negative values are unsigned, others
 * signed with zero point 0. By default an 8-bit map covers its whole range, a 4-bit map the range of least squared error.
 * Maps that are concatenated share one scale. A pool's output has the codes of its source.
 */
export function chooseMaps(
  plan: FloatPlan,
  statistics: Statistics,
  bits: 4 | 8,
  choice: RangeChoice = bits === 8 ? 'whole' : 'least error',
): ReadonlyMap<string, IntegerMap> {
  const maps = new Map<string, IntegerMap>()
  maps.set(plan.input.name, { ...plan.input, ...inputCodes(defined(statistics.get(plan.input.name))) })
  const codesOf = new Map<string, Codes>()
  for (const layer of plan.layers)
    if (layer.kind === 'linear')
      codesOf.set(layer.output.name, codesOfMap(layer, defined(statistics.get(layer.output.name)), bits))
  const groups = scaleGroups(plan)
  const scales = new Map<readonly string[], number>()
  for (const layer of plan.layers) {
    if (layer.kind === 'logits') continue
    if (layer.kind === 'maxPool') {
      const { format, zeroPoint, scale } = defined(maps.get(layer.source))
      maps.set(layer.output.name, { ...layer.output, format, zeroPoint, scale })
      continue
    }
    const group = defined(groups.get(layer.output.name))
    const members = group.flatMap((name) => codesOf.get(name) ?? [])
    if (!scales.has(group)) scales.set(group, scaleOf(members, choice))
    const format = { bits, signed: defined(codesOf.get(layer.output.name)).low < 0 } as const
    maps.set(layer.output.name, { ...layer.output, format, zeroPoint: 0, scale: defined(scales.get(group)) })
  }
  return maps
}

/** The distribution of a map's values, its least and greatest code, and the largest magnitude of its values. */
interface Codes {
  readonly histogram: Histogram
  readonly low: number
  readonly high: number
  readonly magnitude: number
}

function codesOfMap({ low }: FloatLinearLayer, histogram: Histogram, bits: 4 | 8): Codes {
  const signed = low < 0 && histogram.min < 0
  return { histogram, ...codeRange({ bits, signed }), magnitude: Math.max(histogram.max, -histogram.min) }
}

/** One scale for the maps of a group. */
function scaleOf(members: readonly Codes[], choice: RangeChoice): number {
  const widest = members.reduce((a, b) => (b.magnitude / b.high > a.magnitude / a.high ? b : a))
  const scale =
    choice === 'whole'
      ? widest.magnitude / widest.high
      : choice === 'least error'
        ? leastErrorScale(members, widest)
        : Math.max(...members.map(({ histogram, high }) => histogram.magnitudeOf(choice.share) / high))
  return scale > 0 ? scale : 1
}

function inputCodes(histogram: Histogram): Pick<IntegerMap, 'format' | 'zeroPoint' | 'scale'> {
  const range = histogram.max - histogram.min
  const scale = range > 0 ? range / 255 : 1
  return { format: { bits: 8, signed: false }, zeroPoint: Math.round(-histogram.min / scale), scale }
}

/** The scale with the least squared error, all members together. */
function leastErrorScale(members: readonly Codes[], { magnitude, high }: Codes): number {
  const noise = (scale: number): number =>
    members.reduce((sum, { histogram, low, high: most }) => sum + histogram.noise(scale, low, most), 0)
  let best = magnitude / high
  let least = noise(best)
  for (const fraction of fractions) {
    const scale = (fraction * magnitude) / high
    const error = noise(scale)
    if (error >= least) continue
    best = scale
    least = error
  }
  return best
}
