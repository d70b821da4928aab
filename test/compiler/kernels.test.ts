// Kernels: the same bits as plain loops, for all sizes.

import fc from 'fast-check'
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { expect, test } from 'vitest'
import { addTaps } from '../../compiler/graph/evaluate-integer-taps.ts'
import { NonZeroBytes } from '../../compiler/kernels/non-zero.ts'
import { addProduct } from '../../compiler/kernels/product.ts'
import { solverOf } from '../../compiler/kernels/solve.ts'
import { Swaps } from '../../compiler/kernels/swaps.ts'
import { TapSums } from '../../compiler/kernels/taps.ts'
import { decompose } from '../../compiler/kernels/cholesky.ts'
import { normal, random } from '../../base/random.ts'

const size = (max: number) => fc.integer({ min: 0, max })

function normals(seed: number, length: number): Float64Array {
  const uniform = random(seed)
  return Float64Array.from({ length }, () => normal(uniform))
}

test('a product adds what plain loops add, in their order', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      size(13),
      size(13),
      size(600),
      fc.boolean(),
      fc.boolean(),
      (seed, rows, columns, depth, across, negative) => {
        const [a, b, start] = [
          normals(seed, rows * depth),
          normals(seed + 1, columns * depth),
          normals(seed + 2, rows * columns),
        ]
        const sign = negative ? -1 : 1
        const expected = start.slice()
        const place = (at: number, k: number, count: number): number => (across ? at * depth + k : k * count + at)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++)
            for (let k = 0; k < depth; k++)
              expected[i * columns + j]! += sign * a[place(i, k, rows)]! * b[place(j, k, columns)]!
        const operand = (values: Float64Array, count: number) =>
          across ? { values, step: depth, depthStep: 1 } : { values, step: 1, depthStep: count }
        const found = start.slice()
        addProduct(found, { rows, columns, depth }, operand(a, rows), operand(b, columns), { sign })
        expect(found).toEqual(expected)
        if (rows !== columns) return
        const half = start.slice()
        addProduct(half, { rows, columns, depth }, operand(a, rows), operand(b, columns), { sign, upper: true })
        for (let i = 0; i < rows; i++)
          for (let j = i; j < columns; j++) expect(half[i * columns + j]).toBe(expected[i * columns + j])
      },
    ),
  )
})

/** Solves L·Lᵀ·x = right in place, plainly. */
function solve(lower: Float64Array, size: number, right: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = right[i]!
    for (let j = 0, at = i * size; j < i; j++, at++) sum -= lower[at]! * right[j]!
    right[i] = sum / lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = right[i]! / lower[i * size + i]!
    right[i] = value
    for (let j = 0, at = i * size; j < i; j++, at++) right[j]! -= lower[at]! * value
  }
}

test('a solver solves as one right-hand side after the other', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), size(20), (seed, n, count) => {
      const mixing = normals(seed, n * n)
      const matrix = new Float64Array(n * n)
      for (let i = 0; i < n; i++) matrix[i * (n + 1)] = 0.5
      const operand = { values: mixing, step: n, depthStep: 1 }
      addProduct(matrix, { rows: n, columns: n, depth: n }, operand, operand)
      const lower = decompose(matrix, n)!
      const rights = Array.from({ length: count }, (_, at) => normals(seed + at, n))
      const expected = rights.map((right) => {
        const each = right.slice()
        solve(lower, n, each)
        return each
      })
      solverOf(lower, n).solve(rights)
      expect(rights).toEqual(expected)
    }),
  )
})

test('taps add up as they do one after the other', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2500 }), size(20), size(20), (seed, length, first, second) => {
      const uniform = random(seed)
      const sources = [first, second].map((taps, at) => ({
        planes: normals(seed + at, 3 * length + 1),
        offset: Int32Array.from({ length: taps }, () => Math.floor(uniform() * 2 * length)),
        value: Float32Array.from({ length: taps }, () => normal(uniform)),
      }))
      const start = normals(seed + 2, length)
      const expected = start.slice()
      const adder = new TapSums(length, sources)
      adder.sums.set(start)
      for (const [index, { planes, offset, value }] of sources.entries()) {
        addTaps(expected, length, planes, offset, value, 0, offset.length)
        adder.add(index, 0, offset.length)
      }
      expect(adder.sums).toEqual(expected)
    }),
  )
})

test('channels change clusters as plain loops do it', () => {
  const shape = fc.record({
    rows: size(9),
    channels: fc.integer({ min: 2, max: 5 }),
    clusters: fc.integer({ min: 2, max: 4 }),
  })
  fc.assert(
    fc.property(shape, fc.integer(), fc.integer({ min: 1, max: 40 }), ({ rows, channels, clusters }, seed, half) => {
      const uniform = random(seed)
      const scale = 0.5 + 4 * uniform()
      const below = (end: number): number => Math.floor(uniform() * end)
      const counts = Int32Array.from({ length: channels * rows }, () => below(6))
      const excess = Int32Array.from({ length: clusters * rows }, () => below(20) - 10)
      const costOf = (above: number): number => Math.exp(Math.min(Math.max(above, -half), half) / scale)
      const swaps = new Swaps(rows, counts, excess, { scale, half })
      for (let turn = 0; turn < 8; turn++) {
        const [a, b, from] = [below(channels), below(channels), below(clusters)]
        const to = (from + 1 + below(clusters - 1)) % clusters
        const sums = [0, 0]
        for (let row = 0; row < rows; row++) {
          const moved = counts[a * rows + row]! - counts[b * rows + row]!
          const [here, there] = [excess[from * rows + row]!, excess[to * rows + row]!]
          const grown = (by: number): number => Math.exp(by / scale) - 1
          sums[row % 2]! += costOf(here) * grown(-moved) + costOf(there) * grown(moved)
          excess[from * rows + row]! -= moved
          excess[to * rows + row]! += moved
        }
        expect(swaps.change(a, b, from, to)).toBe(sums[0]! + sums[1]!)
        swaps.swap(a, b, from, to)
      }
    }),
  )
})

test('bytes that are not 0 are found in their order, with their sign', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, -1, 7, -128, 127)), size(9), fc.boolean(), (row, rows, signed) => {
      const list = Array.from({ length: rows }, (_, turn) => [...row.slice(turn), ...row.slice(0, turn)])
      const bytes = signed ? Int8Array.from(list.flat()) : Uint8Array.from(list.flat())
      const found = new NonZeroBytes(bytes, row.length)
      for (const [at, own] of list.entries()) {
        const places = Array.from(own.keys()).filter((place) => own[place] !== 0)
        const { column, value } = found.row(at)
        expect([...column]).toEqual(places)
        expect([...value]).toEqual(places.map((place) => (signed ? own[place] : own[place]! & 255)))
      }
    }),
  )
})

test('the decomposition solves what ml-matrix solves, but for the last bits', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, count) => {
      const factors = normals(seed, count * 2 * count)
      const row = (at: number): Float64Array => factors.subarray(at * 2 * count, (at + 1) * 2 * count)
      const moment = (i: number, j: number): number =>
        row(i).reduce((sum, value, k) => sum + value * row(j)[k]!, i === j ? 1 : 0)
      const matrix = Float64Array.from({ length: count * count }, (_, at) => {
        const [i, j] = [Math.floor(at / count), at % count]
        return moment(Math.max(i, j), Math.min(i, j))
      })
      const right = normals(seed + 1, count)
      const theirs = new CholeskyDecomposition(Matrix.from1DArray(count, count, Array.from(matrix)))
      const expected = theirs.solve(Matrix.columnVector(Array.from(right))).to1DArray()
      solverOf(decompose(matrix, count)!, count).solve([right])
      const greatest = Math.max(...expected.map(Math.abs))
      for (const [at, value] of expected.entries()) expect(Math.abs(right[at]! - value)).toBeLessThan(1e-11 * greatest)
    }),
    { numRuns: 30 },
  )
})
