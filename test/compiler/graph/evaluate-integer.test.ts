// The oracle agrees with a naive reference in BigInt and refuses sums outside int32.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateInteger, integerEvaluator } from '../../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph, IntegerMap, LinearLayer, LinearSource } from '../../../compiler/graph/integer.ts'
import { DlpError } from '../../../base/error.ts'
import { randomCodes, randomGraph } from '../../support/integer-graphs.ts'

const sizes = { mostChannels: 6, mostSide: 9, mostLayers: 4, anyWindows: true }

type Value = (channel: number, y: number, x: number) => bigint | undefined

/** A direct implementation of the definitions in integer.ts, pixel by pixel. */
function reference(graph: IntegerGraph, input: Int16Array): Map<string, number[]> {
  const maps = new Map<string, { map: IntegerMap; codes: number[] }>([
    [graph.input.name, { map: graph.input, codes: [...input] }],
  ])
  const results = new Map<string, number[]>([[graph.input.name, [...input]]])
  const valueOf = (name: string): Value => {
    const { map, codes } = maps.get(name)!
    return (channel, y, x) =>
      y < 0 || x < 0 || y >= map.height || x >= map.width
        ? undefined
        : BigInt(codes[(channel * map.height + y) * map.width + x]!)
  }
  const sum = (source: LinearSource, row: number, y: number, x: number): bigint => {
    const { weights, kernel, stride, pads, dilation } = source
    const { map } = maps.get(source.map)!
    const value = valueOf(source.map)
    let total = 0n
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
      const column = weights.column[i]!
      const [channel, ky, kx] = [
        Math.floor(column / kernel[0] / kernel[1]),
        Math.floor(column / kernel[1]) % kernel[0],
        column % kernel[1],
      ]
      const code = value(
        channel,
        y * stride[0] + ky * dilation[0] - pads[0],
        x * stride[1] + kx * dilation[1] - pads[1],
      )
      total += BigInt(weights.value[i]!) * (code ?? BigInt(map.zeroPoint))
    }
    return total
  }
  for (const layer of graph.layers) {
    const codes: number[] = []
    if (layer.kind === 'logits') {
      const { map } = maps.get(layer.source.map)!
      const { kernel, stride } = layer.source
      const height = Math.floor((map.height - kernel[0]) / stride[0]) + 1
      const width = Math.floor((map.width - kernel[1]) / stride[1]) + 1
      for (let row = 0; row < layer.source.weights.rows; row++) {
        let total = BigInt(layer.bias[row]!)
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) total += sum(layer.source, row, y, x)
        codes.push(Number(total))
      }
      results.set(layer.name, codes)
      continue
    }
    const { channels, height, width, zeroPoint } = layer.output
    for (let channel = 0; channel < channels; channel++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          if (layer.kind === 'maxPool') {
            const found: number[] = []
            for (let ky = 0; ky < layer.kernel[0]; ky++)
              for (let kx = 0; kx < layer.kernel[1]; kx++) {
                const code = valueOf(layer.source)(
                  channel,
                  y * layer.stride[0] + ky - layer.pads[0],
                  x * layer.stride[1] + kx - layer.pads[1],
                )
                if (code !== undefined) found.push(Number(code))
              }
            codes.push(Math.max(...found))
            continue
          }
          if (layer.kind === 'relayout') throw new Error('no relayouts here')
          let total = BigInt(layer.bias[channel]!)
          const positions = layer.overPixels === true ? maps.get(layer.sources[0]!.map)!.map : { height: 1, width: 1 }
          for (const source of layer.sources)
            for (let dy = 0; dy < positions.height; dy++)
              for (let dx = 0; dx < positions.width; dx++) total += sum(source, channel, y + dy, x + dx)
          const shift = BigInt(layer.shift[channel]!)
          const product = total * BigInt(layer.multiplier[channel]!)
          const up = shift === 0n ? product : (product + (1n << (shift - 1n))) >> shift
          const isHalf = shift > 0n && BigInt.asUintN(Number(shift), product) === 1n << (shift - 1n)
          const rounded = layer.even?.[channel] === 1 && isHalf && up % 2n !== 0n ? up - 1n : up
          codes.push(Math.min(layer.high, Math.max(layer.low, Number(rounded) + zeroPoint)))
        }
    maps.set(layer.output.name, { map: layer.output, codes })
    results.set(layer.output.name, codes)
  }
  return results
}

describe('the oracle', () => {
  test('agrees with a pixel-by-pixel reference on random graphs, every map and every logit', () => {
    let withLogits = 0
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const graph = randomGraph(seed, sizes)
        const input = randomCodes(graph.input, seed + 1)
        const expected = reference(graph, input)
        const { maps, logits } = evaluateInteger(graph, input, { keep: true })
        for (const [name, codes] of maps) expect([...codes], name).toEqual(expected.get(name))
        expect(maps.size + (logits === undefined ? 0 : 1)).toBe(expected.size)
        if (logits !== undefined) {
          withLogits++
          expect([...logits]).toEqual(expected.get(graph.output))
        }
      }),
      { numRuns: 300 },
    )
    expect(withLogits).toBeGreaterThan(50)
  })

  test('without keep returns only the output map', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const graph = randomGraph(seed, sizes)
        const { maps, logits } = evaluateInteger(graph, randomCodes(graph.input, seed))
        expect([...maps.keys()]).toEqual(logits === undefined ? [graph.output] : [])
      }),
      { numRuns: 50 },
    )
  })

  test('rounds halves up, also for negative numbers, and does not round at shift 0', () => {
    const run = (bias: number, multiplier: number, shift: number): number => {
      const layer = {
        ...oneRow(1, 0),
        bias: Int32Array.of(bias),
        multiplier: Int16Array.of(multiplier),
        shift: Uint8Array.of(shift),
      }
      return evaluateInteger(graphOf(layer), Int16Array.of(0)).maps.get('out')![0]!
    }
    expect([run(1, 1, 1), run(-1, 1, 1), run(3, 1, 1), run(-3, 1, 1), run(5, 1, 2), run(-5, 1, 2)]).toEqual([
      1, 0, 2, -1, 1, -1,
    ])
    expect([run(3, 5, 0), run(-3, 5, 0)]).toEqual([15, -15])
    expect(run(2 ** 31 - 1, 32767, 47)).toBe(0)
    expect(run(2 ** 31 - 1, 32767, 40)).toBe(64)
    expect(run(-(2 ** 31), 32767, 40)).toBe(-64)
  })

  test('rounds halves to even in rows with `even`', () => {
    const run = (bias: number, multiplier: number, shift: number): number => {
      const post = { bias: Int32Array.of(bias), multiplier: Int16Array.of(multiplier), shift: Uint8Array.of(shift) }
      const layer = { ...oneRow(1, 0), ...post, even: Uint8Array.of(1) }
      return evaluateInteger(graphOf(layer), Int16Array.of(0)).maps.get('out')![0]!
    }
    const half = 2 ** 14
    expect([1, 3, 5, -1, -3, -5].map((value) => run(value, half, 15))).toEqual([0, 2, 2, 0, -2, -2])
    expect([2, 6, 10, 11].map((value) => run(value, half / 2, 15))).toEqual([0, 2, 2, 3])
    expect(() => run(1, half, 14)).toThrow('halves are rounded to even only with shifts of 15 and 30')
  })

  test('refuses a sum outside int32, and computes a sum exactly whose bound alone is outside', () => {
    const graph = graphOf(oneRow(2 ** 24, 0))
    expect(() => evaluateInteger(graph, Int16Array.of(255))).toThrow(/does not fit int32/)
    expect(evaluateInteger(graph, Int16Array.of(1)).maps.get('out')![0]).toBe(127)
  })

  test('refuses an input of another size or outside the range of codes', () => {
    const graph = graphOf(oneRow(1, 0))
    expect(() => evaluateInteger(graph, Int16Array.of(1, 2))).toThrow(DlpError)
    expect(() => evaluateInteger(graph, Int16Array.of(256))).toThrow(/the code 256; allowed: 0 to 255/)
  })

  test('refuses a graph that breaks a law, naming the law', () => {
    const layer = oneRow(1, 0)
    expect(() => integerEvaluator(graphOf({ ...layer, shift: Uint8Array.of(48) }))).toThrow(/shifts are 0 to 47/)
    expect(() => integerEvaluator(graphOf({ ...layer, high: 128 }))).toThrow(/low ≤ high ≤ 127/)
    expect(() => integerEvaluator({ ...graphOf(layer), output: 'nothing' })).toThrow(
      /the output is a map or a logits layer/,
    )
    expect(() => integerEvaluator(graphOf(oneRow(0, 0)))).toThrow(/hold no zero/)
  })
})

function oneRow(value: number, bias: number): LinearLayer {
  return {
    kind: 'linear',
    name: 'layer',
    sources: [
      {
        map: 'in',
        role: 'main',
        kernel: [1, 1],
        stride: [1, 1],
        pads: [0, 0],
        dilation: [1, 1],
        weights: {
          rows: 1,
          columns: 1,
          rowStart: Int32Array.of(0, 1),
          column: Int32Array.of(0),
          value: Int32Array.of(value),
        },
      },
    ],
    bias: Int32Array.of(bias),
    multiplier: Int16Array.of(1),
    shift: Uint8Array.of(0),
    low: -128,
    high: 127,
    output: {
      name: 'out',
      channels: 1,
      height: 1,
      width: 1,
      format: { bits: 8, signed: true },
      zeroPoint: 0,
      scale: 1,
    },
  }
}

function graphOf(layer: LinearLayer): IntegerGraph {
  const input: IntegerMap = {
    name: 'in',
    channels: 1,
    height: 1,
    width: 1,
    format: { bits: 8, signed: false },
    zeroPoint: 0,
    scale: 1,
  }
  return { name: 'one', input, layers: [layer], output: 'out' }
}
