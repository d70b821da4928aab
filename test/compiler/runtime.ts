// ONNX Runtime without its optimisations, as the reference for a model's values.

import ort from 'onnxruntime-node'
import { type ElementType, type Tensor, elementTypeOf, tensorOf } from '../../compiler/graph/tensor.ts'

/** Runs a model on inputs. */
export async function runModel(bytes: Uint8Array, inputs: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const model = await openModel(bytes)
  try {
    return await model.run(inputs)
  } finally {
    await model.close()
  }
}

/** A model that can be run several times. */
export async function openModel(bytes: Uint8Array) {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 })
  return {
    run: async (inputs: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> => {
      const results = await session.run(
        Object.fromEntries([...inputs].map(([name, value]) => [name, toRuntime(value)])),
      )
      return new Map(Object.entries(results).map(([name, value]) => [name, fromRuntime(value)]))
    },
    close: () => session.release(),
  }
}

/** max|a - b| / max|b|; 0 where both are equal, NaN included. */
export function relativeDifference(a: Tensor, b: Tensor): number {
  if (a.shape.join() !== b.shape.join()) return Infinity
  let difference = 0
  let greatest = 0
  for (let at = 0; at < b.size; at++) {
    const [x, y] = [a.data[at]!, b.data[at]!]
    if (Object.is(x, y) || x === y) continue
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity
    difference = Math.max(difference, Math.abs(x - y))
  }
  for (const y of b.data) if (Number.isFinite(y)) greatest = Math.max(greatest, Math.abs(y))
  return difference === 0 ? 0 : difference / greatest
}

function toRuntime(value: Tensor): ort.Tensor {
  const elementType = elementTypeOf(value)
  const data = elementType === 'int64' ? BigInt64Array.from(value.data, BigInt) : value.data
  return new ort.Tensor(elementType as 'float32', data as Float32Array, value.shape)
}

function fromRuntime(value: ort.Tensor): Tensor {
  const values = Array.from(value.data as ArrayLike<number | bigint | boolean>, Number)
  return tensorOf(value.type as ElementType, values, value.dims)
}
