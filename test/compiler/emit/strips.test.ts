// Strips: every source row arrives once, every output row is computed once, and none before the rows that it reads.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutStrips, type StripWindow } from '../../../compiler/emit/strips.ts'

interface Cut {
  readonly windows: readonly StripWindow[]
  readonly source: number
  readonly output: number
  /** a LOAD may begin at every so manyth row */
  readonly alignment: number
}

const cut: fc.Arbitrary<Cut> = fc
  .record({
    stride: fc.integer({ min: 1, max: 4 }),
    output: fc.integer({ min: 1, max: 40 }),
    alignment: fc.constantFrom(1, 1, 2, 3, 8),
    windows: fc.array(
      fc.record({ kernel: fc.integer({ min: 1, max: 7 }), pad: fc.nat(6), dilation: fc.integer({ min: 1, max: 3 }) }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ stride, output, alignment, windows }) => ({
    source: stride * output,
    output,
    alignment,
    windows: windows.map(({ kernel, pad, dilation }): StripWindow => ({
      kernel: [kernel, 1],
      stride: [stride, 1],
      pads: [Math.min(pad, stride * output), 0],
      dilation: [dilation, 1],
    })),
  }))

const strips = ({ windows, source, output, alignment }: Cut) =>
  cutStrips(windows, { height: source, width: 1 }, { height: output, width: 1 }, (row) => row % alignment === 0)

/** Source rows of a lane's own and its neighbours' patches that output row y reads. */
const readRows = ({ windows, source }: Cut, y: number): number[] =>
  windows.flatMap(({ kernel, stride, pads, dilation }) =>
    Array.from(
      { length: kernel[0] },
      (_, tap) => (((stride[0] * y + dilation[0] * tap - pads[0]) % source) + source) % source,
    ),
  )

describe('strips', () => {
  test('load every source row once, from the first on, beginning where a LOAD may', () => {
    fc.assert(
      fc.property(cut, (each) => {
        let next = 0
        for (const { load } of strips(each)) {
          expect(load.first).toBe(next)
          expect(load.rows > 0 && load.first % each.alignment === 0).toBe(true)
          next += load.rows
        }
        expect(next).toBe(each.source)
      }),
      { numRuns: 300 },
    )
  })

  test('compute every output row once, after all rows that it reads', () => {
    fc.assert(
      fc.property(cut, (each) => {
        const computed: number[] = []
        let loaded = 0
        for (const { load, compute } of strips(each)) {
          loaded += load.rows
          expect(compute.rows).toBeGreaterThan(0)
          for (let row = 0; row < compute.rows; row++) {
            const y = (compute.first + row) % each.output
            computed.push(y)
            expect(readRows(each, y).filter((source) => source >= loaded)).toEqual([])
          }
        }
        expect([...computed].sort((a, b) => a - b)).toEqual(Array.from({ length: each.output }, (_, y) => y))
      }),
      { numRuns: 300 },
    )
  })

  test('are at most eight', () => {
    fc.assert(
      fc.property(cut, (each) => {
        expect(strips(each).length).toBeLessThanOrEqual(8)
      }),
    )
  })

  test('of a 3×3 window begin with the rows whose taps stay in the lane', () => {
    const window: StripWindow = { kernel: [3, 3], stride: [1, 1], pads: [1, 1], dilation: [1, 1] }
    const found = strips({ windows: [window], source: 16, output: 16, alignment: 1 })
    expect(found[0]).toEqual({ load: { first: 0, rows: 3 }, compute: { first: 1, rows: 1 } })
    expect(found.at(-1)!.compute).toEqual({ first: 14, rows: 3 })
  })

  test('of a window that skips the last source rows load them all the same: a later layer may read them', () => {
    const window: StripWindow = { kernel: [1, 1], stride: [2, 2], pads: [0, 0], dilation: [1, 1] }
    const found = strips({ windows: [window], source: 8, output: 4, alignment: 1 })
    expect(found.reduce((sum, { load }) => sum + load.rows, 0)).toBe(8)
  })
})
