// A rounding inside a joined sum is left out only where its saturation cannot show.
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import { random } from '../../../base/random.ts'
import { shortcutModel } from '../../support/quantised-models.ts'

type Codes = readonly [scale: number, zeroPoint: number]

// The range of the convolution is −9 to 9, that of the shortcut 0 to 1.
const cases: readonly [string, Codes, Codes, 'joined' | 'apart', (readonly [number, number])?][] = [
  ['the inner codes cover the range of the sums', [19 / 255, 127], [21 / 255, 127], 'joined'],
  ['the range of the sums exceeds the inner codes', [6 / 255, 127], [8 / 255, 127], 'apart'],
  ['it does, but the result saturates before them', [6 / 255, 128], [3.9 / 255, 128], 'joined'],
  ['the result saturates before them at one end only', [6 / 255, 64], [3.9 / 255, 128], 'apart'],
  ['the inner rounding is much coarser than the result’s', [41.37 / 255, 127], [21 / 255, 127], 'apart'],
  ['the result has few codes', [19 / 255, 127], [21 / 15, 7], 'joined', [0, 15]],
  [
    'it has, and the inner rounding would move more than 2 % of them',
    [31.7 / 255, 127],
    [21 / 15, 7],
    'apart',
    [0, 15],
  ],
]

describe.each(cases)('where %s', (_, inner, outer, expected, ends) => {
  const graph = normalise(shortcutModel(inner, outer, ends))
  const { graph: integer } = quantizeGiven(graph)

  it(`convolution and sum are ${expected}`, () => {
    expect(integer.layers.length).toBe(expected === 'joined' ? 1 : 2)
  })

  it('no code is off by more than one, also at the extremes of the input; of few codes at most 2 % are off', () => {
    const draw = random(5)
    const kinds = ['all', 'none', 'stripes', ...new Array<'noise'>(20).fill('noise')] as const
    let moved = 0
    for (const kind of kinds) {
      const codes = Int16Array.from({ length: 128 }, (__, at) =>
        kind === 'noise' ? Math.floor(draw() * 256) : kind === 'all' || (kind === 'stripes' && at % 32 < 16) ? 255 : 0,
      )
      const image = tensorOf(
        'float32',
        Array.from(codes, (code) => code / 255),
        [1, 8, 4, 4],
      )
      const [reals] = evaluateFloat(graph, new Map([[graph.inputs[0]!.name, image]])).values()
      const found = evaluateInteger(integer, codes).maps.get(integer.output)!
      const off = Array.from(reals!.data, (real, at) => Math.abs(found[at]! - outer[1] - Math.round(real / outer[0])))
      // A code of a separate map may be worth more than one of the result's.
      expect(Math.max(...off)).toBeLessThanOrEqual(
        expected === 'joined' ? 1 : Math.max(1, Math.ceil(inner[0] / outer[0])),
      )
      if (kind === 'noise') moved += off.filter((codesOff) => codesOff > 0).length / (20 * off.length)
    }
    if (ends !== undefined) expect(moved).toBeLessThanOrEqual(0.02)
  })
})
