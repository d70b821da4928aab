// Damaged files: the reader accepts them or refuses them with a DlpError, quickly and in little memory.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { maximumRecords } from '../../../compiler/onnx/scan.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { DlpError } from '../../../base/error.ts'

const sound = smallModel()
const place = fc.nat({ max: sound.length - 1 })

describe('a damaged file is read or refused with a DlpError', () => {
  it('if bytes are flipped', () => {
    const flips = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 })
    const outcomes = survey(flips, (list) => {
      const bytes = sound.slice()
      for (const [at, mask] of list) bytes[at]! ^= mask
      return bytes
    })
    expect(outcomes.refused).toBeGreaterThan(100)
    expect(outcomes.read).toBeGreaterThan(20)
  })

  it('if it is cut off at any offset', () => {
    for (let end = 0; end < sound.length; end++) outcomeOf(sound.subarray(0, end))
    expect(outcomeOf(sound)).toBe('read')
  })

  it('if a part is cut out, repeated, or replaced by noise', () => {
    const parts = fc.record({ at: place, length: fc.nat({ max: 40 }), noise: fc.uint8Array({ maxLength: 40 }) })
    const outcomes = survey(parts, ({ at, length, noise }) =>
      Uint8Array.from([...sound.subarray(0, at), ...noise, ...sound.subarray(at + length)]),
    )
    expect(outcomes.refused).toBeGreaterThan(100)
  })

  it('if it is noise', () => {
    survey(fc.uint8Array({ maxLength: 200 }), (bytes) => bytes)
  })

  it('if a size in it is replaced by a huge one', () => {
    const sizes = fc.tuple(
      place,
      fc.constantFrom([0xff, 0xff, 0xff, 0xff, 0x07], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    )
    survey(sizes, ([at, size]) => Uint8Array.from([...sound.subarray(0, at), ...size, ...sound.subarray(at + 1)]))
  })
})

describe('a file made to exhaust memory or time', () => {
  it('is refused if it holds millions of empty nodes', () => {
    const count = maximumRecords + 1
    const graph = new Uint8Array(2 * count)
    for (let at = 0; at < graph.length; at += 2) graph[at] = 0x0a
    const header = [0x3a, ...varint(graph.length)]
    const file = new Uint8Array(header.length + graph.length)
    file.set(header)
    file.set(graph, header.length)
    expect(() => readOnnx(file, 'bomb.onnx')).toThrow(/more than 4000000 records/)
  })

  it('is refused if groups are nested', () => {
    expect(() => readOnnx(new Uint8Array(100_000).fill(0x9b), 'groups.onnx')).toThrow(DlpError)
    expect(() => readOnnx(new Uint8Array(100_000).fill(0x0b), 'groups.onnx')).toThrow(/wire type 3/)
  })

  it('is refused if a short file declares a large constant', () => {
    const builder = new GraphBuilder('large')
    const shape = builder.constant('shape', tensorOf('int64', [30_000, 30_000], [2]))
    expect(() => builder.build([builder.node('ConstantOfShape', [shape])])).toThrow(/at most 2\^28 elements/)
  })
})

/** Runs the reader on many damaged files and counts the results. */
function survey<T>(arbitrary: fc.Arbitrary<T>, damage: (value: T) => Uint8Array) {
  const outcomes = { read: 0, refused: 0 }
  fc.assert(
    fc.property(arbitrary, (value) => {
      outcomes[outcomeOf(damage(value))]++
    }),
    { numRuns: 1500 },
  )
  return outcomes
}

function outcomeOf(bytes: Uint8Array): 'read' | 'refused' {
  const start = performance.now()
  try {
    readOnnx(bytes, 'damaged.onnx')
    return 'read'
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    return 'refused'
  } finally {
    expect(performance.now() - start).toBeLessThan(2000)
  }
}

/** A model with every kind of record: constants in raw data, attributes of each kind, shape computations, several operators. */
function smallModel(): Uint8Array {
  const builder = new GraphBuilder('fuzz')
  const weights = builder.constant(
    'w',
    tensorOf(
      'float32',
      Array.from({ length: 36 }, (_, at) => at / 36),
      [2, 2, 3, 3],
    ),
  )
  const attributes = { dilations: [1, 1], group: 1, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }
  const conv = builder.node('Conv', [builder.input('x', [1, 2, 6, 6]), weights], attributes)
  const clip = builder.node('Clip', [conv], { min: 0, max: 6 })
  const pool = builder.node('MaxPool', [clip], { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER' })
  const shape = builder.node('Constant', [], { value: tensorOf('int64', [1, -1], [2]) })
  const flat = builder.node('Reshape', [pool, shape])
  const matrix = builder.constant(
    'm',
    tensorOf(
      'float32',
      Array.from({ length: 54 }, (_, at) => at),
      [3, 18],
    ),
  )
  builder.metadata('seed', '1')
  return writeOnnx(builder.build([builder.node('Gemm', [flat, matrix], { transB: 1 })]))
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
