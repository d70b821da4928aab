// .npy files: NumPy's are read, ours are read back, and everything else is refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readNpy, writeNpy } from '../../../toolchain/files/npy.ts'
import type { NpyArray } from '../../../toolchain/files/npy.ts'
import { DlpError } from '../../../base/error.ts'

/** A file as NumPy writes it, with any header and version. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, version === 3 ? 'utf8' : 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(text.length)
  else length.writeUInt32LE(text.length)
  return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]), length, text, data])
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
const arrays: fc.Arbitrary<NpyArray> = shapes.chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1)
  const exactly = { minLength: length, maxLength: length }
  return fc.oneof(
    fc.float32Array(exactly).map((data) => ({ type: 'f4' as const, shape, data })),
    fc.float64Array(exactly).map((data) => ({ type: 'f8' as const, shape, data })),
    fc.int8Array(exactly).map((data) => ({ type: 'i1' as const, shape, data })),
    fc.uint8Array(exactly).map((data) => ({ type: 'u1' as const, shape, data })),
    fc.int16Array(exactly).map((data) => ({ type: 'i2' as const, shape, data })),
    fc.int32Array(exactly).map((data) => ({ type: 'i4' as const, shape, data })),
    fc.bigInt64Array(exactly).map((data) => ({ type: 'i8' as const, shape, data })),
    fc.uint8Array({ ...exactly, max: 1 }).map((data) => ({ type: 'bool' as const, shape, data })),
  )
})

describe('a .npy file', () => {
  test('of version 1, as numpy.save(path, float32 [[1, 2, 3], [4, 5, 6]]) writes it, is read', () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)
    const bytes = npy(header, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer))
    expect(bytes.length).toBe(128 + 24)
    expect(readNpy(bytes, 'a.npy')).toEqual({ type: 'f4', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    expect(Buffer.from(writeNpy(readNpy(bytes, 'a.npy'))).equals(bytes)).toBe(true)
  })

  test.each([2, 3])('of version %i is read, its entries in any order', (version) => {
    const bytes = npy("{'shape': (2,), 'fortran_order': False, 'descr': '|i1'}", Uint8Array.of(255, 1), version)
    expect(readNpy(bytes, 'a.npy')).toEqual({ type: 'i1', shape: [2], data: Int8Array.of(-1, 1) })
  })

  test('may hold a single number', () => {
    const bytes = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (), }", Uint8Array.of(1, 2))
    expect(readNpy(bytes, 'a.npy')).toEqual({ type: 'i2', shape: [], data: Int16Array.of(0x0201) })
  })

  test('is read at any alignment in memory', () => {
    const bytes = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8))
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(readNpy(shifted.subarray(3), 'a.npy').data).toEqual(Float64Array.of(0))
  })

  test('that was written is read back equal, its data aligned to 64 bytes', () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const bytes = writeNpy(array)
        expect((bytes.length - array.data.byteLength) % 64).toBe(0)
        expect(readNpy(bytes, 'a.npy')).toEqual(array)
      }),
    )
  })

  test.each([
    ['column-major order', "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4, 'ascontiguousarray'],
    ['big-endian numbers', "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4, "type '>f4'"],
    ['complex numbers', "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8, "type '<c8'"],
    ['Python objects', "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8, "type '|O'"],
    ['too little data', "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 4, 'takes 8'],
    ['too much data', "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", 4, 'takes 0'],
    ['a negative size', "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 4, 'none negative'],
    ['a huge size', "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999, 9999999), }", 4, 'takes'],
    ['33 axes', `{'descr': '|u1', 'fortran_order': False, 'shape': (${'1, '.repeat(33)}), }`, 1, 'at most 32'],
    ['a missing entry', "{'descr': '<f4', 'shape': (1,), }", 4, 'malformed'],
    ['an entry twice', "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4, 'malformed'],
    ['a foreign entry', "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': (1,)}", 4, 'malformed'],
  ])('with %s is refused', (_, header, dataBytes, reason) => {
    const read = (): NpyArray => readNpy(npy(header, new Uint8Array(dataBytes)), 'a.npy')
    expect(read).toThrow(DlpError)
    expect(read).toThrow(reason)
    expect(read).toThrow(/^a\.npy: /)
  })

  test.each([
    ['sizes whose product no number holds', `(${'999999999999999, '.repeat(32)})`],
    ['sizes that multiply infinity with zero', `(0, ${'999999999999999, '.repeat(31)})`],
    ['more sizes than an array has', `(${'1, '.repeat(20_000)})`],
    ['blanks in place of sizes', `(${' '.repeat(60_000)},)`],
    ['commas in place of sizes', `(${','.repeat(60_000)})`],
    ['parentheses within each other', `${'('.repeat(30_000)}${')'.repeat(30_000)}`],
    ['braces within each other', `${'{'.repeat(30_000)}${'}'.repeat(30_000)}`],
    ['a long word', `('${'x'.repeat(60_000)}')`],
  ])('of %s is refused at once, in a short sentence', (_, shape) => {
    const bytes = npy(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`, new Uint8Array(4))
    const start = performance.now()
    expect(() => readNpy(bytes, 'a.npy')).toThrow(/^.{1,800}$/)
    expect(() => readNpy(bytes, 'a.npy')).toThrow(DlpError)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('with a bool of 2 is refused', () => {
    const bytes = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }", Uint8Array.of(2))
    expect(() => readNpy(bytes, 'a.npy')).toThrow('other than 0 and 1')
  })

  test('flipped, cut or extended anywhere gives an array or a DlpError, never another error', () => {
    const bytes = fc.tuple(arrays, fc.constantFrom(1, 2, 3)).map(([array]) => writeNpy(array))
    const damaged = fc
      .tuple(bytes, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(200), fc.uint8Array())
      .map(([whole, at, value, cut, more]) => {
        const copy = Uint8Array.from(whole)
        // Most damage goes to the header, where the reading is.
        copy[at % Math.min(copy.length, 80)] = value
        const kept = cut < copy.length && cut % 2 === 1 ? copy.subarray(0, copy.length - cut) : copy
        return cut % 3 === 0 ? Buffer.concat([kept, more]) : kept
      })
    let refused = 0
    fc.assert(
      fc.property(damaged, (input) => {
        try {
          const { shape, data } = readNpy(input, 'a.npy')
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1))
        } catch (error) {
          expect(error).toBeInstanceOf(DlpError)
          refused++
        }
      }),
      { numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('of any bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (input) => {
        expect(() => readNpy(input, 'a.npy')).toThrow(DlpError)
      }),
    )
  })
})
