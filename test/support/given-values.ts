// Evaluates an integer graph in real values: from a real image to real outputs.

import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { codeOf } from '../../compiler/graph/operators/grid.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { codeRange } from '../../base/bits.ts'
import { verifyInteger } from '../../compiler/graph/verify-integer.ts'

/** The output for an image, which is quantised as the host quantises it. */
export function realsOf(graph: IntegerGraph, image: Tensor): readonly number[] {
  const { format, scale, zeroPoint } = graph.input
  const { low, high } = codeRange(format)
  const grid = { scale, zeroPoint, low, high, rounding: 'nearest' } as const
  const { logits, maps } = evaluateInteger(
    graph,
    Int16Array.from(image.data, (value) => codeOf(value, grid)),
  )
  const last = graph.layers.at(-1)!
  if (logits !== undefined && last.kind === 'logits') return Array.from(logits, (code, row) => code * last.scale[row]!)
  const output = verifyInteger(graph).get(graph.output)!
  return Array.from(maps.get(graph.output)!, (code) => (code - output.zeroPoint) * output.scale)
}
