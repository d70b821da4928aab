// The overflow proofs: no input makes a cluster's sum overflow its accumulator, or a row's total overflow int32.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogitsLayer } from '../../../compiler/graph/integer.ts'
import { splitParts } from '../../../compiler/lower/parts.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import { placedProducts } from '../../../compiler/lower/replicas.ts'
import { proveTotals } from '../../../compiler/lower/totals.ts'
import { machines } from '../../../isa/model/machine.ts'
import { lay } from './placed.ts'
import { layerOf, mapOf, windowOn } from './sources.ts'

const withBits = (accumulatorBits: number) => ({ ...machines.tiny, accumulatorBits })

/** Weights and planes, and the bits that hold the largest product of them. */
const forms = [
  { wide: false, magnitude: 7, least: 8 },
  { wide: false, magnitude: 119, least: 12 },
  { wide: true, magnitude: 119, least: 16 },
]

/** Every assignment of nibbles to so many columns. */
function* nibbles(signed: readonly boolean[]): Generator<number[]> {
  const total = 16 ** signed.length
  for (let code = 0; code < total; code++)
    yield signed.map((isSigned, at) => {
      const nibble = (code >> (4 * at)) & 15
      return isSigned && nibble > 7 ? nibble - 16 : nibble
    })
}

describe('parts', () => {
  test('keep every cluster sum of every input within the accumulator: tried with all inputs', () => {
    let split = 0
    fc.assert(
      fc.property(
        fc.record({ seed: fc.nat(), spare: fc.nat(1), signed: fc.boolean(), form: fc.constantFrom(...forms) }),
        ({ seed, spare, signed, form: { wide, magnitude, least } }) => {
          const bits = least + spare
          const machine = withBits(bits)
          const map = mapOf('map', [1, 4, 4], { format: { bits: wide ? 8 : 4, signed } })
          const { sources, columns } = lay(
            [{ map, source: windowOn(map, 2, { kernel: [1, wide ? 1 : 3], magnitude, seed }) }],
            machine,
          )
          const products = placedProducts(sources, columns, 0, 2, machine)
          const { parts, partOf, overflowBound } = orThrow(splitParts('layer', products, columns, machine))
          if (parts > 1) split++
          const sums = new Float64Array(2 * machine.clusters * parts)
          let worst = 0
          for (const input of nibbles(Array.from(columns.signed, (each) => each === 1))) {
            sums.fill(0)
            for (let at = 0; at < products.count; at++) {
              const cell = (products.row[at]! * machine.clusters + products.cluster[at]!) * parts + partOf[at]!
              sums[cell]! += products.value[at]! * 16 ** products.phase[at]! * input[products.column[at]!]!
            }
            for (const sum of sums) worst = Math.max(worst, Math.abs(sum))
          }
          expect(Math.max(0, ...partOf)).toBeLessThan(parts)
          expect(worst).toBeLessThan(2 ** (bits - 1))
          expect(worst / 2 ** (bits - 1)).toBeLessThanOrEqual(overflowBound)
        },
      ),
      { numRuns: 60 },
    )
    expect(split).toBeGreaterThan(5)
  })

  test('are one where 32 bits hold the sum and several where 20 bits do not, each of them within the bound', () => {
    const map = mapOf('map', [8, 6, 6])
    const pairs = [{ map, source: windowOn(map, 8, { kernel: [5, 5], magnitude: 127 }) }]
    const partsOn = (bits: number) => {
      const { sources, columns } = lay(pairs, withBits(bits))
      return orThrow(
        splitParts('layer', placedProducts(sources, columns, 0, 8, withBits(bits)), columns, withBits(bits)),
      )
    }
    expect(partsOn(32)).toMatchObject({ parts: 1 })
    const narrow = partsOn(20)
    expect(narrow.parts).toBeGreaterThan(1)
    expect(narrow.overflowBound).toBeLessThan(1)
    expect(partsOn(32).overflowBound * 2 ** 31).toBeGreaterThan(2 ** 19)
  })

  test('are refused where one product alone leaves the accumulator, with the name of the layer', () => {
    const map = mapOf('map', [1, 4, 4])
    const machine = withBits(12)
    const { sources, columns } = lay([{ map, source: windowOn(map, 1, { magnitude: 119, seed: 3 }) }], machine)
    const heavy = sources.map((source) => ({
      ...source,
      weights: { ...source.weights, value: Int32Array.of(112) },
    }))
    const products = placedProducts(heavy, columns, 0, 1, machine)
    expect(() => orThrow(splitParts('conv9', products, columns, machine))).toThrow(
      /^layer 'conv9': its sums can overflow/,
    )
  })
})

describe('totals', () => {
  const map = mapOf('map', [1, 3, 3])
  const heavy = (value: number) => {
    const source = windowOn(map, 1)
    return {
      ...source,
      weights: {
        ...source.weights,
        rowStart: Int32Array.of(0, 1),
        column: Int32Array.of(0),
        value: Int32Array.of(value),
      },
    }
  }
  const maps = new Map([['map', map]])
  const layer = (value: number, bias: number) => ({
    ...layerOf('conv', [heavy(value)], mapOf('out', [1, 3, 3])),
    bias: Int32Array.of(bias),
  })
  const logits = (value: number): LogitsLayer => ({
    kind: 'logits',
    name: 'fc',
    source: heavy(value),
    bias: Int32Array.of(0),
    scale: Float64Array.of(1),
  })
  const most = Math.floor((2 ** 31 - 1) / 255)

  test('just below 2^31 are proved, above refused with the row and the layer', () => {
    expect(() => proveTotals(layer(most, 2 ** 31 - 1 - most * 255), maps)).not.toThrow()
    expect(() => proveTotals(layer(-most, 2 ** 31 - most * 255), maps)).toThrow(
      "layer 'conv': the sum of output channel 0 can leave 32 bits",
    )
    expect(() => proveTotals(layer(most + 1, 0), maps)).toThrow(/can leave 32 bits/)
  })

  test('of logits count every position of the window', () => {
    const perPixel = Math.floor((2 ** 31 - 1) / (255 * 9))
    expect(() => proveTotals(logits(perPixel), maps)).not.toThrow()
    expect(() => proveTotals(logits(perPixel + 1), maps)).toThrow("layer 'fc'")
  })
})
