// Passes keep the values of a graph, one by one and together, on random networks.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { verify } from '../../../compiler/graph/verify.ts'
import { simplify, simplifyPasses } from '../../../compiler/passes/simplify.ts'
import { relativeDifference } from '../runtime.ts'
import { outputsOn, randomGraph } from './random-graph.ts'

describe.each(simplifyPasses)('$name', ({ name, why, run }) => {
  it('keeps the values of a graph', () => {
    let changed = 0
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const before = name === 'fold-constants' ? graph : prepared(graph, name)
        const after = run(before)
        verify(after)
        expectSame(before, after)
        if (after !== before) changed++
      }),
      { numRuns: 150 },
    )
    expect(changed).toBeGreaterThan(3)
  })

  it('states its reason in a sentence', () => {
    expect(why.length).toBeGreaterThan(20)
  })
})

describe('simplify', () => {
  it('keeps the values of a graph and is idempotent', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const simple = simplify(graph)
        expectSame(graph, simple)
        expect(simplify(simple)).toBe(simple)
      }),
      { numRuns: 200 },
    )
  })

  it('leaves only the documented operators, in their documented form', () => {
    const promised =
      /^(Conv|Relu|Clip|MaxPool|AveragePool|GlobalAveragePool|Add|Concat|Gemm|Flatten|Slice|Split|Pad|Gather|Softmax)$/
    fc.assert(
      fc.property(randomGraph, (graph) => {
        for (const { op, inputs, attributes } of simplify(graph).nodes) {
          expect(op).toMatch(promised)
          if (op === 'Conv')
            expect(Object.keys(attributes).sort()).toEqual(['dilations', 'group', 'kernel_shape', 'pads', 'strides'])
          if (op === 'Conv' || op === 'Gemm') expect(inputs.length).toBe(3)
          if (op === 'Gemm') expect(attributes).toEqual({ transB: 1 })
          if (op === 'Slice') expect(inputs.length).toBe(5)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('keeps the names of inputs and outputs', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const simple = simplify(graph)
        expect([simple.inputs, simple.outputs]).toEqual([graph.inputs, graph.outputs])
      }),
      { numRuns: 30 },
    )
  })
})

/** The graph as a pass receives it: constants folded, and dead constants present for the pass that removes them. */
function prepared(graph: Graph, name: string): Graph {
  const folded = simplifyPasses[0]!.run(graph)
  if (name === 'transpose-into-gemm')
    return simplifyPasses
      .filter((pass) => pass.name.endsWith('-gemm') && pass.name !== name)
      .reduce((g, pass) => pass.run(g), folded)
  if (name === 'normalise-gemm')
    return simplifyPasses.filter((pass) => pass.name === 'matmul-to-gemm').reduce((g, pass) => pass.run(g), folded)
  return name === 'drop-identities' ? graph : folded
}

function expectSame(before: Graph, after: Graph): void {
  const [expected, found] = [outputsOn(before), outputsOn(after)]
  found.forEach((value, at) => expect(relativeDifference(value, expected[at]!)).toBeLessThan(1e-5))
}
