// Gemm and MatMul.

import { defined, elements } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, reshaped, tensor, zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape } from './broadcast.ts'
import { floats, inputType, inputValue, constraint } from './support.ts'

export const gemm: Operator = {
  summary: 'alpha · A · B + beta · C on matrices; A and B may be transposed, C is broadcast.',
  inputs: [2, 3],
  outputs: 1,
  attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
  constraints: [
    floats(3),
    constraint('A and B are matrices whose inner extents agree', (call) => {
      const extents = gemmExtents(call)
      return extents !== undefined && extents.inner[0] === extents.inner[1]
    }),
    constraint('C broadcasts to [M,N]', (call) => {
      const { rows, columns } = defined(gemmExtents(call))
      const shape = call.types[2]?.shape ?? []
      return broadcastShape(shape, [rows, columns])?.join() === `${rows},${columns}`
    }),
  ],
  infer: (call) => {
    const { rows, columns } = defined(gemmExtents(call))
    return [{ elementType: 'float32', shape: [rows, columns] }]
  },
  evaluate: (call) => {
    const { rows, columns } = defined(gemmExtents(call))
    const a = numberOf(call.node, 'transA', 0) === 0 ? inputValue(call, 0) : transposed(inputValue(call, 0))
    const b = numberOf(call.node, 'transB', 0) === 0 ? transposed(inputValue(call, 1)) : inputValue(call, 1)
    const output = zeros('float32', [rows, columns])
    const alpha = numberOf(call.node, 'alpha', 1)
    const beta = numberOf(call.node, 'beta', 1)
    const [, , c] = call.values
    const index = c === undefined ? undefined : broadcastIndex(c.shape, output.shape)
    for (let row = 0, at = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, at++) {
        const added = c === undefined ? 0 : beta * c.data[index === undefined ? at : index[at]!]!
        output.data[at] = alpha * dot(a, row, b, column) + added
      }
    return [output]
  },
}

export const matMul: Operator = {
  summary: 'A · B over the last two axes, leading axes broadcast, vectors as NumPy treats them.',
  inputs: [2, 2],
  outputs: 1,
  attributes: {},
  constraints: [
    floats(2),
    constraint('neither input is a scalar, the inner extents agree and the leading axes broadcast', (call) => {
      return productShape(inputType(call, 0).shape, inputType(call, 1).shape) !== undefined
    }),
  ],
  infer: (call) => {
    const product = productShape(inputType(call, 0).shape, inputType(call, 1).shape)
    return [{ elementType: 'float32', shape: product?.shape ?? [] }]
  },
  evaluate: (call) => {
    const [a, b] = [inputValue(call, 0), inputValue(call, 1)]
    const product = productShape(a.shape, b.shape)
    if (product === undefined) throw new Error('shapes were checked')
    const { batch, rows, inner, columns } = product
    const output = zeros('float32', [...batch, rows, columns])
    const count = batch.reduce((all, extent) => all * extent, 1)
    const left = broadcastIndex(product.leftBatch, batch)
    const right = broadcastIndex(product.rightBatch, batch)
    for (let n = 0; n < count; n++) {
      const x = part(a, left === undefined ? n : left[n]!, [rows, inner])
      const y = transposed(part(b, right === undefined ? n : right[n]!, [inner, columns]))
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          output.data[(n * rows + row) * columns + column] = dot(x, row, y, column)
    }
    return [reshaped(output, product.shape)]
  },
}

/** The extents of the product; undefined if an input is not a matrix. */
function gemmExtents(call: Call) {
  const [a, b] = [inputType(call, 0).shape, inputType(call, 1).shape]
  if (a.length !== 2 || b.length !== 2) return undefined
  const [rows, innerA] = elements(numberOf(call.node, 'transA', 0) === 0 ? a : a.toReversed(), 2)
  const [innerB, columns] = elements(numberOf(call.node, 'transB', 0) === 0 ? b : b.toReversed(), 2)
  return { rows, columns, inner: [innerA, innerB] as const }
}

function productShape(a: readonly number[], b: readonly number[]) {
  if (a.length === 0 || b.length === 0) return undefined
  const [rows, inner] = elements(a.length === 1 ? [1, ...a] : a.slice(-2), 2)
  const [innerB, columns] = elements(b.length === 1 ? [...b, 1] : b.slice(-2), 2)
  const [leftBatch, rightBatch] = [a.slice(0, -2), b.slice(0, -2)]
  const batch = broadcastShape(leftBatch, rightBatch)
  if (batch === undefined || inner !== innerB) return undefined
  const shape = [...batch, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])]
  return { batch, leftBatch, rightBatch, rows, inner, columns, shape }
}

/** Row `i` of `a` times row `j` of `b`. */
function dot(a: Tensor, i: number, b: Tensor, j: number): number {
  const inner = a.shape[1]!
  let sum = 0
  for (let k = 0; k < inner; k++) sum += a.data[i * inner + k]! * b.data[j * inner + k]!
  return sum
}

function part(value: Tensor, index: number, shape: readonly [number, number]): Tensor {
  const size = shape[0] * shape[1]
  return tensor(value.data.subarray(index * size, (index + 1) * size), shape)
}

/** A transposed copy of a matrix. */
export function transposed(matrix: Tensor): Tensor {
  const [rows, columns] = elements(matrix.shape, 2)
  const output = zeros('float32', [columns, rows])
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      output.data[column * rows + row] = matrix.data[row * columns + column]!
  return output
}
