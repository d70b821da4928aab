// A chain of transposes and reshapes at the end of a graph and the host's arrangement in its place have the same values.

import { expect } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { sizeOf, tensorOf } from '../../../compiler/graph/tensor.ts'
import { outputArrangement, withOutputArrangement } from '../../../compiler/passes/interface/output-arrangement.ts'
import { SeededRandom } from '../../../isa/arbitraries/seeded-random.ts'
import { inModelOrder } from '../../../isa/packing.ts'

/** A random factorisation of a size into extents. */
function factored(draw: SeededRandom, size: number): number[] {
  const shape: number[] = []
  let left = size
  while (left > 1) {
    const divisors = Array.from({ length: left }, (_, at) => at + 1).filter((each) => left % each === 0 && each > 1)
    const extent = draw.pick(divisors)
    shape.push(extent)
    left /= extent
  }
  while (shape.length < 4 && draw.chance(0.3)) shape.splice(draw.int(0, shape.length), 0, 1)
  return shape
}

function chain(seed: number): Graph {
  const draw = new SeededRandom(seed)
  const builder = new GraphBuilder('chain', 13)
  let shape: readonly number[] = draw.pick([
    [1, 6, 2, 5],
    [1, 4, 3, 2],
    [1, 12],
  ])
  let value = builder.node('Relu', [builder.input('x', shape)])
  for (let step = draw.int(1, 4); step > 0; step--) {
    if (draw.chance(0.5)) {
      const perm = shape.map((_, axis) => axis).sort(() => draw.int(0, 2) - 1)
      value = builder.node('Transpose', [value], { perm })
      shape = perm.map((axis) => shape[axis]!)
    } else {
      shape = [...(draw.chance(0.7) ? [1] : []), ...factored(draw, sizeOf(shape))]
      value = builder.node('Reshape', [
        value,
        builder.constant(`shape${step}`, tensorOf('int64', shape, [shape.length])),
      ])
    }
  }
  return builder.build([value])
}

property.prop([fc.integer({ min: 1, max: 1e6 })], { numRuns: 150 })(
  'the host arranges the output as the removed nodes did',
  (seed) => {
    const graph = chain(seed)
    const rewritten = outputArrangement.run(graph)
    const [input] = elements(graph.inputs, 1)
    const image = tensorOf(
      'float32',
      Array.from({ length: sizeOf(input.shape) }, (_, at) => at + 1),
      input.shape,
    )
    const valueOf = (of: Graph) => elements(evaluateFloat(of, new Map([['x', image]])).values(), 1)[0]
    const expected = valueOf(graph)
    const arrangement = rewritten.host?.outputArrangement
    expect([...inModelOrder(Float32Array.from(valueOf(rewritten).data), arrangement)]).toEqual([...expected.data])
    if (arrangement === undefined) return
    expect(rewritten.nodes.map(({ op }) => op)).toEqual(['Relu'])
    const own = graph.outputs[0]!.shape
    expect(arrangement.shape).toEqual(own.length > 1 && own[0] === 1 ? own.slice(1) : own)
    // The inverse adds nodes for the arrangement.
    const again = valueOf(withOutputArrangement(rewritten, arrangement, graph.outputs[0]!.shape))
    expect([...again.data]).toEqual([...expected.data])
  },
)
