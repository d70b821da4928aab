// Calibration: the range of every map from a few inputs, and the code format that suits it.

import { codeRange } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { IntegerMap } from '../graph/integer.ts'
import type { Tensor } from '../graph/tensor.ts'
import { planEvaluator } from './evaluate-plan.ts'
import { Histogram } from './histogram.ts'
import type { FloatPlan, LinearStep } from './plan.ts'
import { scaleGroups } from './scale-groups.ts'

/** The values of each map over all calibration inputs. */
export type Statistics = ReadonlyMap<string, Histogram>

/**
 * Runs the plan on the calibration inputs.
 *
 * @param inputs float tensors [1, channels, height, width]
 * @param watch sees the values of every map of each input
 * @throws DlpError if there are none, one has another size, or a value is not finite in float32
 */
export function calibrate(
  plan: FloatPlan,
  inputs: readonly Tensor[],
  progress?: (done: number, all: number) => void,
  watch?: (name: string, values: Float64Array) => void,
): Statistics {
  const { channels, height, width } = plan.input
  if (inputs.length === 0)
    throw new DlpError({ where: 'calibration', what: 'no inputs', allowed: 'at least one image', help: 'give some' })
  const evaluate = planEvaluator(plan)
  const statistics = new Map<string, Histogram>()
  const nodes = new Map(
    plan.steps.map((step) => [step.kind === 'logits' ? step.name : step.output.name, `node '${step.name}'`]),
  )
  for (const [index, input] of inputs.entries()) {
    const where = `calibration input ${index}`
    if (input.size !== channels * height * width)
      throw new DlpError({ where, what: `${input.size} values`, allowed: `[1, ${channels}, ${height}, ${width}]` })
    evaluate(input.data, (name, values) => {
      watch?.(name, values)
      const beyond = values.find((value) => !Number.isFinite(Math.fround(value)))
      if (beyond !== undefined)
        throw new DlpError({
          where: `${nodes.get(name) ?? `input '${name}'`}, ${where}`,
          what: `a value of '${name}' is ${beyond}`,
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

/** Fractions of the full range among which a 4-bit map's range is chosen. */
const fractions = Array.from({ length: 48 }, (_, i) => (i + 3) / 50)

/** What a map's codes reach: all values, those with the least squared error, or a share of the values from 0 on. */
export type RangeChoice = 'whole' | 'least error' | { readonly share: number }

/**
 * The codes of every map of the plan. The input has 8 bits and a zero point; maps without negative values are unsigned; others
 * are signed with zero point 0. Unless told otherwise, an 8-bit map covers its whole range, a 4-bit one the range with the least
 * noise; maps that are concatenated share one scale. A pool's output has the codes of its source.
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
  for (const step of plan.steps)
    if (step.kind === 'linear')
      codesOf.set(step.output.name, rangeOf(step, defined(statistics.get(step.output.name)), bits))
  const groups = scaleGroups(plan)
  const scales = new Map<readonly string[], number>()
  for (const step of plan.steps) {
    if (step.kind === 'logits') continue
    if (step.kind === 'maxPool') {
      const { format, zeroPoint, scale } = defined(maps.get(step.source))
      maps.set(step.output.name, { ...step.output, format, zeroPoint, scale })
      continue
    }
    const group = defined(groups.get(step.output.name))
    const members = group.flatMap((name) => codesOf.get(name) ?? [])
    if (!scales.has(group)) scales.set(group, scaleOf(members, choice))
    const format = { bits, signed: defined(codesOf.get(step.output.name)).low < 0 } as const
    maps.set(step.output.name, { ...step.output, format, zeroPoint: 0, scale: defined(scales.get(group)) })
  }
  return maps
}

/** The codes of a map before its scale is known, and the largest magnitude that they should reach. */
interface Codes {
  readonly histogram: Histogram
  readonly low: number
  readonly high: number
  readonly range: number
}

function rangeOf({ low }: LinearStep, histogram: Histogram, bits: 4 | 8): Codes {
  const signed = low < 0 && histogram.min < 0
  return { histogram, ...codeRange({ bits, signed }), range: Math.max(histogram.max, -histogram.min) }
}

/** One scale for the maps of a group. */
function scaleOf(members: readonly Codes[], choice: RangeChoice): number {
  const widest = members.reduce((a, b) => (b.range / b.high > a.range / a.high ? b : a))
  const scale =
    choice === 'whole'
      ? widest.range / widest.high
      : choice === 'least error'
        ? quietest(members, widest)
        : Math.max(...members.map(({ histogram, high }) => histogram.magnitudeOf(choice.share) / high))
  return scale > 0 ? scale : 1
}

function inputCodes(histogram: Histogram): Pick<IntegerMap, 'format' | 'zeroPoint' | 'scale'> {
  const range = histogram.max - histogram.min
  const scale = range > 0 ? range / 255 : 1
  return { format: { bits: 8, signed: false }, zeroPoint: Math.round(-histogram.min / scale), scale }
}

function quietest(members: readonly Codes[], { range, high }: Codes): number {
  const noise = (scale: number): number =>
    members.reduce((sum, { histogram, low, high: most }) => sum + histogram.noise(scale, low, most), 0)
  let best = range / high
  let least = noise(best)
  for (const fraction of fractions) {
    const scale = (fraction * range) / high
    const found = noise(scale)
    if (found >= least) continue
    best = scale
    least = found
  }
  return best
}
