// The scale and zero point of each element of QuantizeLinear and DequantizeLinear: per tensor, per slice of an axis, or per block.

import { elementAt } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call } from '../operator.ts'
import { sizeOf } from '../tensor.ts'
import { axisOf, inputType, constraint } from './support.ts'

export const scaleConstraints = [
  constraint(
    'the scale has one element, one for each slice along axis, or one for each block of block_size along it',
    (call) => {
      const { shape } = inputType(call, 0)
      const scale = inputType(call, 1).shape
      const axis = quantizationAxis(call)
      const block = blockSize(call)
      if (block > 0) {
        const blocks = shape.map((extent, at) => (at === axis ? Math.ceil(extent / block) : extent))
        return scale.length === shape.length && scale.every((extent, at) => extent === blocks[at])
      }
      return sizeOf(scale) === 1 || (axis !== undefined && sizeOf(scale) === shape[axis])
    },
  ),
  constraint('the zero point has the shape of the scale', ({ types: [, scale, zeroPoint] }) =>
    zeroPoint === undefined ? true : sizeOf(zeroPoint.shape) === sizeOf(scale?.shape ?? []),
  ),
  constraint('block_size is not negative', (call) => blockSize(call) >= 0),
]

/** The number of elements along the axis that share a scale; 0 for scales per slice or per tensor. */
export const blockSize = ({ node }: Call): number => numberOf(node, 'block_size', 0)

/** The axis along which scales differ; undefined if the value does not have it. */
export function quantizationAxis(call: Call): number | undefined {
  return axisOf(numberOf(call.node, 'axis', 1), inputType(call, 0).shape.length)
}

/** The index of the scale of each element. */
export function scaleIndex(call: Call): (at: number) => number {
  const { shape } = inputType(call, 0)
  const axis = quantizationAxis(call)
  if (sizeOf(inputType(call, 1).shape) === 1 || axis === undefined) return () => 0
  const inner = sizeOf(shape.slice(axis + 1))
  const extent = elementAt(shape, axis)
  const block = blockSize(call)
  if (block === 0) return (at) => Math.floor(at / inner) % extent
  const blocks = Math.ceil(extent / block)
  return (at) => {
    const line = Math.floor(at / inner)
    return (Math.floor(line / extent) * blocks + Math.floor((line % extent) / block)) * inner + (at % inner)
  }
}
