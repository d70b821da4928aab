// Writing is the inverse of reading.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { type ElementType, elementTypeOf, elementTypes, sizeOf, tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { build } from '../../../examples/resnet20/build.ts'

describe('writeOnnx', () => {
  it('is inverted by readOnnx, on a whole network', () => {
    const graph = readOnnx(build(), 'resnet20')
    expect(readOnnx(writeOnnx(graph), 'resnet20')).toEqual({
      ...graph,
      metadata: new Map([
        ['producer', 'dlp'],
        ['seed', '1'],
      ]),
    })
  })

  it('keeps the element type and every value of a constant', () => {
    const constants = fc.record({
      elementType: fc.constantFrom(...elementTypes),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      first: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    })
    fc.assert(
      fc.property(constants, ({ elementType, shape, first }) => {
        const list = Array.from({ length: sizeOf(shape) }, (_, at) => inRange(elementType, first + at * 7))
        const builder = new GraphBuilder('constants')
        const name = builder.constant('c', tensorOf(elementType, list, shape))
        builder.input('x', [1])
        const read = readOnnx(writeOnnx(builder.build([builder.node('Identity', [name])])), 'c').constants.get('c')
        if (read === undefined) throw new Error('no constant')
        expect(elementTypeOf(read)).toBe(elementType)
        expect(read.shape).toEqual(shape)
        expect(Array.from(read.data)).toEqual(list)
      }),
    )
  })

  it('writes integers as floats where the signature of the operator has floats', () => {
    const builder = new GraphBuilder('clip')
    const output = builder.node('Clip', [builder.input('x', [2])], { min: 0, max: 6 })
    const [node] = elements(readOnnx(writeOnnx(builder.build([output])), 'clip').nodes, 1)
    expect(node.attributes).toEqual({ min: 0, max: 6 })
  })

  it('shortens names that passes have made longer than the reader accepts', () => {
    const builder = new GraphBuilder('names')
    const long = 'n'.repeat(2000)
    const border = builder.constant('border', tensorOf('int64', [0, 1], [2]))
    const names = [`${long}.1`, `${long}.2`]
    const inner = builder.node('Pad', [builder.input('x', [4]), border], {}, { name: names[0], outputs: [names[0]!] })
    const output = builder.node('Pad', [inner, border], {}, { name: names[1], outputs: ['y'] })
    const read = readOnnx(writeOnnx(builder.build([output])), 'names')
    expect(read.outputs).toEqual([{ name: 'y', elementType: 'float32', shape: [6] }])
    expect(new Set(read.nodes.map(({ name }) => name)).size).toBe(2)
  })

  it('writes the end of a Slice that means "all" as the greatest int64', () => {
    const builder = new GraphBuilder('slice')
    const list = (name: string, value: number) => builder.constant(name, tensorOf('int64', [value], [1]))
    const output = builder.node('Slice', [builder.input('x', [5]), list('starts', 1), list('ends', 2 ** 63)])
    expect(readOnnx(writeOnnx(builder.build([output])), 'slice').outputs[0]!.shape).toEqual([4])
  })
})

/** A number wrapped to the range of the element type. */
function inRange(elementType: ElementType, value: number): number {
  const bits = {
    float32: 20,
    int64: 46,
    int32: 31,
    int16: 15,
    uint16: 15,
    int8: 7,
    uint8: 7,
    int4: 3,
    uint4: 3,
    int2: 1,
    uint2: 1,
    bool: 1,
  }
  return Math.abs(value) % 2 ** bits[elementType]
}
