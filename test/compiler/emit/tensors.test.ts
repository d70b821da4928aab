// Descriptors state the bytes that packing takes, and the packer accepts them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeLogits, describeMap } from '../../../compiler/emit/tensors.ts'
import { positionBytes } from '../../../compiler/layout/dram.ts'
import { machine as anyMachine } from '../../../isa/arbitraries.ts'
import { addressUnitBytes } from '../../../isa/instructions.ts'
import { machines } from '../../../isa/model/machine.ts'
import { brokenTensorRule, packTensor, tensorBytes, unpackTensor } from '../../../isa/packing.ts'
import { randomCodes } from '../../support/integer-graphs.ts'
import { placeAt } from '../lower/placed.ts'
import { graphOf, mapOf, windowOn } from '../lower/sources.ts'

const shape = fc.record({
  machine: anyMachine,
  channels: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  bits: fc.constantFrom(4, 8),
  signed: fc.boolean(),
  replicas: fc.boolean(),
})

describe("a map's descriptor", () => {
  test('states the bytes that packing takes, rounded up to address units', () => {
    fc.assert(
      fc.property(shape, ({ machine, channels, height, width, bits, signed, replicas }) => {
        const map = mapOf('map', [channels, height, width], { format: { bits: bits as 4 | 8, signed } })
        const placed = placeAt(map, 0, machine, replicas)
        const tensor = describeMap(map, placed, 1, 'input', machine)
        expect(brokenTensorRule(tensor, machine)).toBeUndefined()
        const exact = tensorBytes(tensor, machine)
        expect(tensor.bytes).toBe(Math.ceil(exact / addressUnitBytes) * addressUnitBytes)
        const { patch, planes } = placed
        expect(patch.height * patch.width * positionBytes(channels, planes, machine)).toBe(exact)
      }),
    )
  })

  test('packs and unpacks any codes', () => {
    fc.assert(
      fc.property(shape, fc.nat(), ({ machine, channels, height, width, bits, signed, replicas }, seed) => {
        const map = mapOf('map', [channels, height, width], { format: { bits: bits as 4 | 8, signed } })
        const tensor = describeMap(map, placeAt(map, 0, machine, replicas), 1, 'input', machine)
        const codes = randomCodes(map, seed)
        const bytes = packTensor(codes, tensor, machine)
        expect([...unpackTensor(bytes, tensor, machine)]).toEqual([...codes])
      }),
      { numRuns: 40 },
    )
  })

  test('of a folded input describes the map before folding', () => {
    const folded = mapOf('input', [12, 112, 112])
    const tensor = describeMap(
      mapOf('input', [3, 224, 223]),
      placeAt(folded, 0, machines.card, true),
      2,
      'input',
      machines.card,
    )
    expect(tensor).toMatchObject({ shape: [3, 224, 223], spaceToDepth: 2, patch: [16, 16], storedChannels: 12 })
    expect(brokenTensorRule(tensor, machines.card)).toBeUndefined()
  })
})

test("the logits' descriptor holds one int32 and one scale a row", () => {
  const input = mapOf('input', [4, 2, 2])
  const layer = {
    kind: 'logits' as const,
    name: 'fc',
    source: windowOn(input, 10),
    bias: new Int32Array(10),
    scale: Float64Array.from({ length: 10 }, (_, row) => row + 1),
  }
  const tensor = describeLogits(graphOf(input, [layer]), layer.scale)
  expect(tensor).toMatchObject({ name: 'fc', shape: [10], bytes: 64, bits: 32, scale: [...layer.scale] })
  expect(brokenTensorRule(tensor, machines.edge)).toBeUndefined()
})
