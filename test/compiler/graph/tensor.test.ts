// Tensors: the class of the data is the element type.

import { describe, expect, it } from 'vitest'
import {
  elementTypeOf,
  elementTypes,
  reshaped,
  stridesOf,
  tensor,
  tensorOf,
  zeros,
} from '../../../compiler/graph/tensor.ts'

describe('a tensor', () => {
  it.each(elementTypes)('of %s keeps its element type in its data, slices included', (elementType) => {
    const value = zeros(elementType, [2, 3])
    expect(elementTypeOf(value)).toBe(elementType)
    expect(elementTypeOf(tensor(value.data.slice(), [6]))).toBe(elementType)
    expect(elementTypeOf(tensor(value.data.subarray(0, 2), [2]))).toBe(elementType)
    expect(elementTypeOf(reshaped(value, [3, 2]))).toBe(elementType)
  })

  it('is row-major and dense', () => {
    const value = tensorOf('int32', [1, 2, 3, 4, 5, 6], [2, 3])
    expect(value.get(1, 0)).toBe(4)
    expect(value.stride).toEqual(stridesOf([2, 3]))
  })

  it('is filled by its data exactly', () => {
    expect(() => tensor(new Float32Array(5), [2, 3])).toThrow('5 elements do not fill [2,3]')
  })
})
